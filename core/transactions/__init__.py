"""Raw transactions in, clean lines out: read, clean, store."""

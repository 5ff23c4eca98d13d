"""The content of each page, put together from what its callback read."""

"""From a file that somebody sends to data in use: receive, look, check, load, undo. Light enough for web workers."""

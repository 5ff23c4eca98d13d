"""What if: dates opened or closed and levels changed, on top of a stored forecast."""

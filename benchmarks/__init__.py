"""What is fast and how fast, as ratios measured in one run: ``make bench``."""

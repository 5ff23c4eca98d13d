"""What the days and the lines of a business look like: descriptions, found from the data alone, nothing forecast."""

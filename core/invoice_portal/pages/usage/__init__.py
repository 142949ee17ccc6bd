"""Usage of meters: by day, by hour, and as a file."""

"""What stands in the place of libraries that a browser does not have: arrays of exact numbers, and paths."""

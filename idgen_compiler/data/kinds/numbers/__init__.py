"""What a column of numbers looks like: its scale, its point masses, its grid, its support, and values that are absurd."""

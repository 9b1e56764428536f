"""What a studio with Python behind it can do besides: fit the program to a table, and draw."""

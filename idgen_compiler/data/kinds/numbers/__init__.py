"""Numbers: their kinds, and what a column of them looks like."""

"""Data of a user's: what reads them, and what kind of variable each column is."""

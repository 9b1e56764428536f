"""Conditionals of laws of which no rows are made: runs of their networks, weighed and drawn by their weights."""

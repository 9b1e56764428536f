"""Formats whose lines each say one thing: an edge, or a variable with its causes."""

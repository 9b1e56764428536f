"""Conditional laws whose truth is known, and what else learns such laws."""

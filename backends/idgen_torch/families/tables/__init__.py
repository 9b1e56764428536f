"""Families without networks: counts, and rows that stand for their law."""

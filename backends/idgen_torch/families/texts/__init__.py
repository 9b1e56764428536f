"""Families that read texts, and that write them."""

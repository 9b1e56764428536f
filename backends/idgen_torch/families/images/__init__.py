"""Families that generate images or read them."""

"""Families of networks for categories, numbers and vectors."""

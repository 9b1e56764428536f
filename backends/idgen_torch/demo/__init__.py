"""Demonstrations that train networks of their own and bring them to a program."""

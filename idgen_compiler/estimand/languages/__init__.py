"""Estimands in the languages of others."""

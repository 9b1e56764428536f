"""Samples as they are sent, piece by piece: a writer a format."""

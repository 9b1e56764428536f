"""Commands on what is kept of fits."""

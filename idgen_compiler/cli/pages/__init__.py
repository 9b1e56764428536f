"""Commands that open a page."""

"""The panels of a page: each a pure function from values to HTML."""

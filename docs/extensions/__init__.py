"""What the site's build adds to Sphinx: drawings of graphs and programs, and plain docstrings as reStructuredText."""

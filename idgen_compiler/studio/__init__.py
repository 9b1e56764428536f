"""The studio: a page to draw graphs on, and what the compiler answers while somebody draws."""

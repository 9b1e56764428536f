"""What a compilation or a program has to say, as values first; a page, a text and JSON are renderings of them."""

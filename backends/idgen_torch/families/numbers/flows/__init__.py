"""The parts of `flow`: its model, what networks learn from, and how it finds them."""

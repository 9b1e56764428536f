"""Commands that look at what was fitted."""

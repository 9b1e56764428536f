"""Commands to look at what there is."""

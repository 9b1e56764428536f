"""Numbers of a sampler by drawing, and how they move when rows are drawn again and everything is fitted anew."""

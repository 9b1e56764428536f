"""Drawing what several clients ask: in pieces, together where it can be, in turn, as many as there is room for."""

"""How networks are trained: ensembles side by side, denoisers, and what an interrupted training leaves."""

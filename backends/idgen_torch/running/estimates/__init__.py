"""Numbers with intervals: what a fitted program answers for means of its outcomes, and how sure that is."""

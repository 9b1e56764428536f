"""Where a model is asked what its rows do not show: the record of the rows, what is asked, and the warning."""

"""Samples as charts: what is shown of a column, as values, and the charts that are made of them."""

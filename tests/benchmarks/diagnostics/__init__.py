"""Fits of which half are spoilt on purpose, to see what diagnostics say of them."""

"""Measurements: run by hand (`make bench`), never by the tests; their results stand in docs/benchmarks.md."""

"""Graphs in other forms: a file for each language or library, which knows graphs as lists of edges only."""

# A format that is imported here registers itself, and is known to `ADMG.read` and `ADMG.to`.
from idgen_compiler.graph.formats import dagitty, dot, gml, graphml, mermaid, networkx, sketch, text, y0  # noqa: F401
from idgen_compiler.graph.formats.lines import bif, csv, lavaan, modelstring, tetrad  # noqa: F401

"""Graphs: mixed graphs with fixed vertices, their separations and projections, and the formats they come in."""

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.separation import m_separated

__all__ = ["ADMG", "EdgeList", "m_separated"]

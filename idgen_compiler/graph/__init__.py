"""Graphs: ADMGs with fixed vertices, separation, projection, and their text forms."""

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.separation import m_separated

__all__ = ["ADMG", "m_separated"]

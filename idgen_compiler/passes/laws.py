"""What passes may know about the law of a model: the graph, where the compiler said what it computes."""

from __future__ import annotations

from idgen_compiler.estimand.nodes import Conditional, Law
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.operations import Train

__all__ = ["graph_of"]


def graph_of(model: Train) -> ADMG | None:
    """The CADMG of the law that a model is trained in; None for a program that was read from text."""
    computes = model.computes
    return computes.of.graph if isinstance(computes, Conditional) and isinstance(computes.of, Law) else None

"""The story of the compiler: query -> identification -> estimand -> program."""

from __future__ import annotations

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.ir.program import Program
from idgen_compiler.lower import lower
from idgen_compiler.query import Query

__all__ = ["compile"]


def compile(query: Query, graph: ADMG, *, optimize: bool = True) -> Program:
    """Compile a query into a program that trains models on data and samples the answer.

    `optimize=False` gives the literal lowering of ID-GEN and IDC-GEN: a model for every conditional of the
    identification, and a regenerated data set for every law after line 7 and for a conditional query.

    Raises QueryError, GraphError, and NotIdentifiable with the hedge.
    """
    identification = identify(query, graph)
    inputs = (*query.treatments, *query.conditions)
    return Program(str(query), lower(identification.estimand, inputs, query.outcomes)).check()

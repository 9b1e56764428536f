"""The graphs of the laws that data sets hold samples of, computed from a program's graph and its laws' types."""

from __future__ import annotations

from functools import lru_cache

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.operands import Names
from idgen_compiler.ir.operations import Condition, LawType, Observe, Realize

__all__ = ["graph_of_text", "graph_text", "law_graph", "law_type", "unfixed"]


def law_graph(graph: ADMG, data: Observe | Realize | Condition) -> ADMG:
    """The CADMG that the law of a data set, or of a condition, is Markov to, in a program compiled on `graph`."""
    if isinstance(data, Observe):
        return graph
    base = graph_of_text(data.law.graph) if data.law.graph else graph
    return _after(base, data.law.targets, data.law.fixed)


def _after(graph: ADMG, targets: Names, fixed: Names) -> ADMG:
    """The graph of P(targets ; do(fixed)): nothing points into what is fixed, and the rest is hidden.

    What the recursion of ID has dropped is no ancestor of what is left, and hides without a trace.
    Source: Richardson, Evans, Robins and Shpitser (2023), section 2.
    """
    named = (*targets, *fixed)
    cut = graph.intervened(fixed)
    above = cut.subgraph(cut.ancestors(named))
    hidden = above.nodes.difference(named)
    return above.project(hidden) if hidden else above


def law_type(law: ADMG, base: ADMG, graph: ADMG) -> LawType:
    """The type of a law with the CADMG `law`, found in the graph `base`, in a program compiled on `graph`."""
    targets, fixed = law.names(law.random_mask), law.names(law.fixed_mask)
    known = base is graph or (
        graph.nodes.issuperset((*targets, *fixed)) and _after(graph, targets, fixed).key == law.key
    )
    return LawType(targets, fixed, "" if known else graph_text(base))


def unfixed(graph: ADMG) -> ADMG:
    """The same vertices, order and edges with nothing fixed, as a text of a graph has it."""
    return ADMG(graph.directed, graph.bidirected, graph.order)


@lru_cache(maxsize=256)
def graph_of_text(text: str) -> ADMG:
    """The graph of a text that was verified."""
    return ADMG.parse(text)


def graph_text(graph: ADMG) -> str:
    """A graph on one line."""
    return "; ".join(str(graph).splitlines())

"""Other ways to pose a query: the same answer from another query, graph or order, which may compile to less."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.edges import topological
from idgen_compiler.graph.separation import m_separated_mask
from idgen_compiler.query import Query

__all__ = ["Posing", "moves"]


@dataclass(frozen=True)
class Posing:
    """A query on a graph whose answer is the wanted one; `why` lists the steps that led here from the user's."""

    query: Query
    graph: ADMG
    exchange: bool = True  #: whether IDC may exchange conditions for interventions
    why: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "; ".join(self.why) or "as posed"


def moves(posing: Posing) -> Iterator[Posing]:
    """Posings one step away, each equal by a rule of the do-calculus, by latent projection or by another order."""
    yield from _by_do_calculus(posing)
    if posing.query.conditions and posing.exchange:
        yield replace(posing, exchange=False, why=(*posing.why, "keep the conditions as conditions"))
    yield from _by_projection(posing)
    yield from _by_order(posing)


def _by_do_calculus(posing: Posing) -> Iterator[Posing]:
    """Pearl 2009, theorem 3.4.1, one variable at a time."""
    query, graph = posing.query, posing.graph
    y, x, z = (graph.mask_of(names) for names in (query.outcomes, query.treatments, query.conditions))
    for i in bits(z):
        bit, (name,) = 1 << i, graph.names(1 << i)
        if m_separated_mask(graph.mutilated_mask(into=x), y, bit, x | z & ~bit):
            yield _with(posing, x, z & ~bit, f"drop the condition {name} (rule 1)")
    for i in bits(x):
        bit, (name,) = 1 << i, graph.names(1 << i)
        others = x & ~bit
        # Rule 3: into x is cut only where x is no ancestor of a condition.
        cut = graph.mutilated_mask(into=others)
        into = others if cut.ancestors_mask(z) & bit else x
        if m_separated_mask(graph.mutilated_mask(into=into), y, bit, others | z):
            yield _with(posing, others, z, f"leave {name} alone (rule 3)")
        elif m_separated_mask(graph.mutilated_mask(into=others, out_of=bit), y, bit, others | z):
            yield _with(posing, others, z | bit, f"see {name} instead of setting it (rule 2)")


def _with(posing: Posing, treatments: int, conditions: int, why: str) -> Posing:
    names = posing.graph.names
    query = Query(posing.query.outcomes, names(treatments), names(conditions))
    # What was made a condition on purpose must not be exchanged back.
    return replace(posing, query=query, exchange=False, why=(*posing.why, why))


def _by_projection(posing: Posing) -> Iterator[Posing]:
    """Marginal models: a vertex that the query does not name may be hidden (Verma and Pearl 1990)."""
    for name in _relevant(posing):
        if name not in posing.query.variables:
            yield replace(posing, graph=posing.graph.project([name]), why=(*posing.why, f"without {name}"))


def _by_order(posing: Posing) -> Iterator[Posing]:
    """Other topological orders: each vertex as early, and as late, as it can stand."""
    graph, relevant = posing.graph, _relevant(posing)
    order, edges = graph.order, graph.directed
    bearing = frozenset(relevant)
    seen = {relevant}
    for name in relevant:
        others = tuple(n for n in order if n != name)
        for wish, where in (((name, *others), "early"), ((*others, name), "late")):
            names = topological(wish, edges)
            among = tuple(n for n in names if n in bearing)
            if among not in seen:
                seen.add(among)
                why = (*posing.why, f"{name} {where} in the order")
                yield replace(posing, graph=graph.in_order(names), why=why)


def _relevant(posing: Posing) -> tuple[str, ...]:
    """The ancestors of what the query names, in order: nothing else has a bearing on the answer."""
    graph = posing.graph
    return graph.names(graph.ancestors_mask(graph.mask_of(posing.query.variables)))

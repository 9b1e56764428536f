"""Sets of covariates to adjust for: the adjustment criterion, and its smallest sets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.separation import m_separated_mask
from idgen_compiler.query import Query

__all__ = ["adjustment_sets"]

_SEARCHED = 12
"""So many covariates are tried in every combination; of more, one set is found and made as small as it goes."""

MOST = 12
"""So many sets are returned at most."""


def adjustment_sets(query: Query, graph: ADMG) -> tuple[tuple[str, ...], ...]:
    """The minimal sets Z with P(y | do(x)) = sum over z of P(z) P(y | x, z), the smaller ones first.

    A set is valid if it holds no descendant of a vertex on a proper causal path (but the treatments' own), and
    separates treatments and outcomes once the first edges of these paths are removed.
    Source: Shpitser, VanderWeele and Robins (2010); Perkovic, Textor, Kalisch and Maathuis (2018), definition 55.

    >>> graph = ADMG.parse("A -> X -> Y; A -> B -> Y")
    >>> adjustment_sets(Query.parse("P(Y | do(X))"), graph)
    (('A',), ('B',))
    """
    if query.conditions or query.policies or not query.treatments:
        return ()
    x, y = graph.mask_of(query.treatments), graph.mask_of(query.outcomes)
    causal = _causal(graph, x, y)
    forbidden = graph.descendants_mask(causal) if causal else 0
    cut = _without_first_edges(graph, x, causal)
    able = graph.ancestors_mask(x | y) & ~(x | y | forbidden)
    if not m_separated_mask(cut, x, y, able):
        return ()
    return tuple(graph.names(z) for z in _minimal(cut, x, y, able))


def _causal(graph: ADMG, x: int, y: int) -> int:
    """The vertices, treatments aside, on directed paths from a treatment to an outcome through no other."""
    rest = graph.restricted(~x)
    down = {name for name in graph.children(graph.names(x)) if name in rest}
    reached, ends = rest.descendants(down), rest.ancestors(graph.names(y))
    return graph.mask_of(reached & ends)


def _without_first_edges(graph: ADMG, x: int, causal: int) -> ADMG:
    treated, on = set(graph.names(x)), set(graph.names(causal))
    kept = [(a, b) for a, b in graph.directed if not (a in treated and b in on)]
    return ADMG(kept, graph.bidirected, graph.order)


def _minimal(graph: ADMG, x: int, y: int, able: int) -> Iterator[int]:
    """Minimal separators among some vertices."""
    single = [1 << i for i in bits(able)]
    if len(single) > _SEARCHED:
        found = able
        for bit in reversed(single):
            if m_separated_mask(graph, x, y, found & ~bit):
                found &= ~bit
        yield found
        return
    smaller: list[int] = []
    for size in range(len(single) + 1):
        for chosen in combinations(single, size):
            z = sum(chosen)
            if not any(s & z == s for s in smaller) and m_separated_mask(graph, x, y, z):
                smaller.append(z)
                yield z
                if len(smaller) == MOST:
                    return

"""Families of graphs with a query each, by size, on which compiling is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, pairwise
from random import Random

import idgen_compiler as idgen
from tests.strategies import Case, napkin_ladder

__all__ = ["GROWING", "SMALL", "Family", "asked_together", "front_door_chain", "sparse_case"]

Family = Callable[[int], Case]
Edge = tuple[str, str]


def chain(size: int) -> Case:
    """V1 -> V2 -> ... -> Vn without hidden causes."""
    names = _names(size)
    return Case(idgen.ADMG(list(pairwise(names))), idgen.Query(names[-1], names[0]))


def front_door_chain(size: int) -> Case:
    """X -> M1 -> ... -> Y with X <-> Y on `size` vertices, and P(Y | do(X))."""
    names = ["X", *(f"M{i}" for i in range(1, size - 1)), "Y"]
    return Case(idgen.ADMG(list(pairwise(names)), [("X", "Y")]), idgen.Query("Y", "X"))


def grid(size: int) -> Case:
    """A square grid, each vertex a cause of the one below and the one to the right; corner to corner."""
    side = round(size**0.5)
    directed = [(_cell(i, j), _cell(i + 1, j)) for i in range(side - 1) for j in range(side)]
    directed += [(_cell(i, j), _cell(i, j + 1)) for i in range(side) for j in range(side - 1)]
    return Case(idgen.ADMG(directed), idgen.Query(_cell(side - 1, side - 1), _cell(0, 0)))


def district_chain(size: int) -> Case:
    """A chain of which all but the treatment, which comes first, is one district."""
    names = _names(size)
    return Case(idgen.ADMG(list(pairwise(names)), list(pairwise(names[1:]))), idgen.Query(names[-1], names[0]))


def ladder(size: int) -> Case:
    """Napkins inside napkins, two vertices a rung."""
    return Case(*napkin_ladder((size - 2) // 2))


def dense(size: int) -> Case:
    """Every second of all possible directed edges, at random, and no hidden cause; first to last."""
    names, random = _names(size), Random(size)
    directed = [pair for pair in combinations(names, 2) if random.random() < 0.5]
    return Case(idgen.ADMG([*directed, *_spine(names, directed)]), idgen.Query(names[-1], names[0]))


def sparse_case(size: int, seed: int = 0) -> Case:
    """The first identifiable effect of one vertex on a descendant, two directed and 0.6 bidirected edges a vertex."""
    random = Random(f"{size} {seed}")
    while True:
        graph = _sparse(random, size)
        first, last = sorted(random.sample(graph.order, 2), key=graph.order.index)
        case = Case(graph, idgen.Query(last, first))
        if first in graph.ancestors([last]) and case.identifiable:
            return Case(graph, case.query)


def sparse_conditional(size: int) -> Case:
    """A sparse graph without hidden causes into the treatment, and a quarter of its vertices as conditions."""
    random = Random(f"given {size}")
    while True:
        graph = _sparse(random, size)
        x, y, *z = random.sample(graph.order, 2 + size // 4)
        case = Case(graph, idgen.Query(y, x, z))
        if case.identifiable:
            return Case(graph, case.query)


def _sparse(random: Random, size: int) -> idgen.ADMG:
    names = _names(size)
    directed, bidirected = (_edges(random, names, round(n * size)) for n in (2.0, 0.6))
    return idgen.ADMG(directed, bidirected, names)


def _edges(random: Random, names: Sequence[str], count: int) -> list[Edge]:
    found: set[tuple[int, int]] = set()
    while len(found) < count:
        a, b = sorted(random.sample(range(len(names)), 2))
        found.add((a, b))
    return [(names[a], names[b]) for a, b in sorted(found)]


def _spine(names: Sequence[str], directed: Sequence[Edge]) -> list[Edge]:
    there = set(directed)
    return [pair for pair in pairwise(names) if pair not in there]


def _names(size: int) -> list[str]:
    return [f"V{i}" for i in range(1, size + 1)]


def _cell(i: int, j: int) -> str:
    return f"V{i}_{j}"


def grid_front_door(size: int) -> Case:
    """The grid with a hidden common cause of its first and last corner."""
    inner = grid(size)
    (y,), (x,) = inner.query.outcomes, inner.query.treatments
    return Case(idgen.ADMG(inner.graph.directed, [(x, y)]), inner.query)


def district_chain_inside(size: int) -> Case:
    """A chain in which every second pair of vertices shares a hidden cause, but for the treatment in the middle."""
    names = _names(size)
    middle = size // 2
    bidirected = [(a, b) for a, b in zip(names, names[2:], strict=False) if names[middle] not in (a, b)]
    return Case(idgen.ADMG(list(pairwise(names)), bidirected), idgen.Query(names[-1], names[middle]))


def sparse_outcomes(size: int) -> Case:
    """A sparse graph with three outcomes and two treatments."""
    random = Random(f"several {size}")
    while True:
        graph = _sparse(random, size)
        names = random.sample(graph.order, 5)
        case = Case(graph, idgen.Query(names[:3], names[3:]))
        if case.identifiable and len(graph.ancestors(names[:3])) > size // 8:
            return Case(graph, case.query)


GROWING: dict[str, tuple[Family, tuple[int, ...]]] = {
    "chain": (chain, (250, 500, 1000, 2000)),
    "one long district on a chain": (district_chain, (250, 500, 1000, 2000)),
    "grid": (grid, (400, 1024, 2304, 4900)),
    "dense": (dense, (125, 250, 500, 1000)),
    "sparse": (sparse_case, (250, 500, 1000, 2000)),
    "sparse, three outcomes, two treatments": (sparse_outcomes, (125, 250, 500, 1000)),
    "front-door chain": (front_door_chain, (250, 500, 1000, 2000)),
    "grid behind a front door": (grid_front_door, (256, 529, 1024, 2025)),
    "ladder of napkins": (ladder, (50, 100, 200, 300)),
    "sparse, a quarter as conditions": (sparse_conditional, (250, 500, 1000, 2000)),
}
"""Name -> a family, and sizes that its growth is fitted over."""


def _back_door(size: int) -> Case:
    """X -> Y, and all others a cause of both."""
    others = [f"Z{i}" for i in range(size - 2)]
    edges = [(z, end) for z in others for end in ("X", "Y")]
    return Case(idgen.ADMG([*edges, ("X", "Y")]), idgen.Query("Y", "X"))


def _stages(size: int) -> Case:
    """Treatments and covariates in turns, each a cause of the next two and the covariates of the outcome."""
    names = [f"{'LA'[k % 2]}{k // 2}" for k in range(size - 1)]
    edges = [*pairwise(names), *zip(names, names[2:], strict=False), *((n, "Y") for n in names)]
    return Case(idgen.ADMG(edges), idgen.Query("Y", [n for n in names if n[0] == "A"]))


def _inside(size: int) -> Case:
    """The chain whose second vertex from the end is set, hidden causes over every second pair but its own."""
    names = _names(size)
    bidirected = [(a, b) for a, b in zip(names, names[2:], strict=False) if names[-2] not in (a, b)]
    return Case(idgen.ADMG(list(pairwise(names)), bidirected), idgen.Query(names[-1], names[-2]))


def _two_outcomes(size: int) -> Case:
    """A chain with a common cause of all of it; its last two vertices under the first one set."""
    names = _names(size - 1)
    edges = [*pairwise(names), *(("Z", name) for name in names)]
    return Case(idgen.ADMG(edges), idgen.Query(names[-2:], names[0]))


def _seen(size: int) -> Case:
    """The back-door graph with one of the common causes seen."""
    case = _back_door(size)
    return Case(case.graph, idgen.Query("Y", "X", "Z0"))


def _nothing(size: int) -> Case:
    """What is set has no effect."""
    names = _names(size)
    return Case(idgen.ADMG(list(pairwise(names)), [(names[0], names[-1])]), idgen.Query(names[0], names[-1]))


SMALL: dict[str, Family] = {
    "chain": chain,
    "one long district on a chain": district_chain,
    "grid": grid,
    "dense": dense,
    "sparse": sparse_case,
    "front-door chain": front_door_chain,
    "back-door": _back_door,
    "back-door, a condition": _seen,
    "stages of treatment": _stages,
    "districts before the treatment": _inside,
    "two outcomes": _two_outcomes,
    "no effect": _nothing,
}
"""Name -> a family on which y0 answers rightly, and soon, while it is small."""


def asked_together(size: int = 62, count: int = 60) -> tuple[idgen.ADMG, list[idgen.Query]]:
    """A chain whose first vertex shares hidden causes with every one of its second half, and its effects on others."""
    names = _names(size)
    graph = idgen.ADMG(list(pairwise(names)), [(names[0], name) for name in names[size // 2 :]])
    return graph, [idgen.Query(name, names[0]) for name in names[1 : count + 1]]

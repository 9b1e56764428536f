"""The proof that a query is not identifiable: two structural models with one P(V) and two answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np

from idgen_compiler.errors import IdgenError, NotIdentifiable
from idgen_compiler.estimand.tables import KernelTable
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.identify.fixing import exchanged
from idgen_compiler.query import Query, check_question
from idgen_compiler.verify.models import CausalModel
from idgen_compiler.verify.witness_forest import Forest, Hedge
from idgen_compiler.verify.witness_plan import WitnessPlan

__all__ = ["Witness", "witness"]

SHOWN = 16
"""So many cells of P(V) are printed at most."""


@dataclass(frozen=True)
class Witness:
    """Two models of one graph that agree on P(V) and differ in a query, so that no formula in P(V) answers it.

    `laws` says of each model how every vertex is made. Both joints are positive, and both comparisons are exact.
    """

    query: Query
    graph: ADMG
    hedge: Hedge
    first: CausalModel
    second: CausalModel
    laws: tuple[Mapping[str, str], Mapping[str, str]] = field(repr=False)

    @cached_property
    def answers(self) -> tuple[KernelTable, KernelTable]:
        """The query's kernel in the first and in the second model."""
        return self.first.truth(self.query), self.second.truth(self.query)

    @property
    def difference(self) -> Fraction:
        """The largest total variation between the answers, over the given values; positive."""
        first, second = self.answers
        return Fraction(first.distance(second))

    @property
    def proves(self) -> bool:
        """Whether P(V) is the same, cell by cell, and the answers are not."""
        one, other = self.first.observational(), self.second.observational()
        return bool((one.table == other.table).all() and (one.table > 0).all()) and self.difference > 0

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def witness(query: Query, graph: ADMG) -> Witness:
    """Two exact models that prove a query not identifiable.

    Raises QueryError and GraphError as `identify` does, and IdgenError for a query that is identifiable and for a
    graph on which the models' joint would be too large for exact arithmetic.

    >>> import idgen_compiler as idgen
    >>> found = idgen.witness(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y; X <-> Y"))
    >>> found.proves, found.difference
    (True, Fraction(1, 4))
    """
    check_question(query, graph)
    reduced = exchanged(query, graph)
    try:
        identify(Query((*reduced.outcomes, *reduced.conditions), reduced.treatments), graph)
    except NotIdentifiable as error:
        hedge = Hedge(*error.hedge)
    else:
        raise IdgenError(f"{query} is identifiable in this graph, so that models with one P(V) have one answer")
    for one, other in WitnessPlan(reduced, graph, Forest.of(hedge, graph)).pairs():
        laws = one.described(graph), other.described(graph)
        found = Witness(query, graph, hedge, one.model(graph), other.model(graph), laws)
        if found.proves:
            return found
    raise IdgenError(f"no pair of models was found for {query}; its hedge is what proves it not identifiable")


def _lines(found: Witness) -> Iterator[str]:
    yield f"{found.query} is not identifiable: two models with equal P(V) and different answers."
    causes = [table.axes[0] for table in found.first.hidden]
    yield f"  hidden causes, each a fair coin: {', '.join(causes)}"
    one, other = found.laws
    for name in one:
        if one[name] == other[name]:
            yield f"  {name} = {one[name]}"
        else:
            yield f"  {name} = {one[name]}  in model 1"
            yield f"  {' ' * len(name)} = {other[name]}  in model 2"
    silent = [v for v, size in found.first.sizes.items() if size == 1]
    if silent:
        yield f"  constant: {', '.join(silent)}"
    yield from _joint(found)
    yield from _answers(found)


def _joint(found: Witness) -> Iterator[str]:
    joint = found.first.observational()
    shown = [k for k, size in enumerate(joint.table.shape) if size > 1]
    names = [joint.variables[k] for k in shown]
    yield f"  P({', '.join(names)}) is the same in both, in each of its {joint.table.size} cells" + (
        ":" if joint.table.size <= SHOWN else "."
    )
    if joint.table.size <= SHOWN:
        for state in np.ndindex(joint.table.shape):
            values = ", ".join(f"{name} = {state[k]}" for name, k in zip(names, shown, strict=True))
            yield f"    {values}: {joint.table[state]}"


def _answers(found: Witness) -> Iterator[str]:
    """The answers at the given values where they differ most."""
    first, second = found.answers
    over = tuple(range(len(first.given), first.table.ndim))
    gaps = abs(first.table - second.table).sum(axis=over)
    place = max(np.ndindex(gaps.shape), key=lambda index: gaps[index]) if first.given else ()
    at = dict(zip(first.given, place, strict=True))
    done = [f"{name} = {at[name]}" for name in found.query.treatments if found.first.sizes[name] > 1]
    seen = [f"{name} = {at[name]}" for name in found.query.conditions if found.first.sizes[name] > 1]
    right = ", ".join([*([f"do({', '.join(done)})"] if done else []), *seen])
    names = [name for name in first.targets if found.first.sizes[name] > 1]
    yield f"  P({', '.join(names)}{' | ' if right else ''}{right}):"
    for number, kernel in enumerate((first, second), start=1):
        law = kernel.table[place]
        cells = [
            f"{', '.join(str(s) for s, size in zip(state, law.shape, strict=True) if size > 1)}: {law[state]}"
            for state in np.ndindex(law.shape)
        ]
        yield f"    model {number}:  {';  '.join(cells)}"

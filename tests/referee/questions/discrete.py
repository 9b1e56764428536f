"""Random queries on random models of categories with hidden causes, whose answer is known exactly.

Four of five are identifiable, as `tests.strategies` draws them: half plain, a quarter through line 7 of ID, a quarter
around the napkin. The rest are not, by the hedge that the compiler shows; there the right answer is to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import count, islice

import numpy as np

from idgen_compiler.verify import CausalModel
from tests.benchmarks import discrete as bench
from tests.referee.case import Ask, Case, Columns
from tests.strategies import Case as Queried
from tests.strategies import any_cases, random_cases

__all__ = ["QUERIES", "Discrete", "discrete_cases"]

QUERIES, ROWS, DRAWS = 1_000, 20_000, 100_000
SEED = 1_700
ASKS = 4


class Discrete:
    """One query: its case, and the problem (truth, rows) that is made when it is asked for."""

    def __init__(self, queried: Queried, kind: str, number: int) -> None:
        self.queried, self.kind, self.number = queried, kind, number

    @property
    def identifiable(self) -> bool:
        return self.kind != "not identifiable"

    @cached_property
    def problem(self) -> bench.Problem:
        return bench.Problem.random(self.queried, ROWS, seed=SEED + self.number)

    @cached_property
    def case(self) -> Case:
        graph, query = self.queried.graph, self.queried.query
        levels = CausalModel.random(graph, SEED + self.number).sizes
        asks = _asks(self.queried, dict(levels), self.number)
        name = f"{self.kind} {self.number}"
        return Case(name, "discrete", self.kind, graph, query, dict(levels), asks, (1, 0), DRAWS, self.number)

    def table(self) -> Columns:
        return self.problem.rows

    def law(self, k: int) -> np.ndarray:
        """The truth at a place, over the outcomes in the order of the query."""
        return self._at(self.problem.truth, k)

    def floor(self, k: int) -> np.ndarray:
        """What the estimand says of the rows' own shares."""
        return self._at(self.problem.plug_in(), k)

    def _at(self, kernel, k: int) -> np.ndarray:  # type: ignore[no-untyped-def]
        ask = self.case.asks[k]
        law = kernel.at(**{name: int(value) for name, value in {**ask.do, **ask.given}.items()}).astype(float)
        return law.transpose([kernel.targets.index(name) for name in self.case.query.outcomes])

    def means(self) -> list[float]:
        """The mean of the first outcome's code at each place that is asked."""
        laws = [self.law(k) for k in range(len(self.case.asks))]
        return [float(law.reshape(len(law), -1).sum(1) @ np.arange(len(law))) for law in laws]


def _asks(queried: Queried, levels: dict[str, int], number: int) -> tuple[Ask, ...]:
    """Two places that differ in the first treatment, 0 and 1, and up to two others."""
    rng, query = np.random.default_rng((SEED, number)), queried.query
    found: list[Ask] = []
    for k in range(ASKS + 8):
        do = {name: int(rng.integers(levels[name])) for name in query.treatments}
        given = {name: int(rng.integers(levels[name])) for name in query.conditions}
        if k == 1:
            do, given = {**found[0].do}, {**found[0].given}
        if k < 2 and query.treatments:
            do[query.treatments[0]] = k
        if Ask(do, given) not in found and len(found) < ASKS:
            found.append(Ask(do, given))
    return tuple(found)


def discrete_cases(queries: int = QUERIES) -> Iterator[Discrete]:
    """The same for everybody; every fifth is not identifiable, half of these around the napkin."""
    named, refused = random_cases(SEED), _not_identifiable()
    for number in islice(count(), queries):
        if number % 5 == 4:
            yield Discrete(next(refused), "not identifiable", number)
        else:
            queried = next(named)
            yield Discrete(queried, queried.kind, number)


def _not_identifiable() -> Iterator[Queried]:
    streams = [any_cases(SEED + k, kind) for k, kind in enumerate(("plain", "napkin"))]
    while True:
        for stream in streams:
            yield next(case for case in stream if not case.identifiable)

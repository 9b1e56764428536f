"""Random queries of categories, some of whose cells are empty, or all of whose cells hold many rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.verify import CausalModel
from tests.benchmarks.discrete import rows_of
from tests.strategies import Case, random_cases

__all__ = ["ENOUGH", "Posed", "empty", "full", "swing"]

ROWS = 4_000
MANY_ROWS = 20_000

ENOUGH = 50
"""A cell that holds so many rows is full."""

LOST = 0.02
"""By so much an answer may move, in total variation, without a word."""

LITTLE, FLOOR = 1e-9, 1e-6
"""So much is put into cells, and at least this part of it into each, so that every conditional is there."""


@dataclass(frozen=True)
class Posed:
    """A query with data and the values that it is asked at."""

    case: Case
    data: Mapping[str, Any]
    do: Mapping[str, int]
    given: Mapping[str, int]


def empty(seed: int) -> Iterator[Posed]:
    """Queries without end whose answer moves by more than `LOST` with what is put into cells without rows.

    In half of the models one or two mechanisms are functions; of the others' tables the rows with two values of two
    variables together are taken out.
    """
    rng = np.random.default_rng([31, seed])
    for turn, case in enumerate(random_cases(seed)):
        names = list(case.graph.order)
        rng.shuffle(names)
        functions = names[: int(rng.integers(1, 3))] if turn % 2 else ()
        model = CausalModel.random(case.graph, [seed, turn], functions)
        data = rows_of(model.observational(), ROWS, turn)
        if not turn % 2:
            a, b = names[:2]
            out = (data[a] == rng.choice(data[a])) & (data[b] == rng.choice(data[b]))
            data = {name: column[~out] for name, column in data.items()}
        posed = _posed(case, data, rng)
        if posed is None:
            continue
        if swing(posed) > LOST:
            yield posed


def full(seed: int) -> Iterator[Posed]:
    """Queries without end of which every model's inputs hold `ENOUGH` rows at each of their values together."""
    rng = np.random.default_rng([32, seed])
    for turn, case in enumerate(random_cases(seed)):
        model = CausalModel.random(case.graph, [seed, turn])
        data = rows_of(model.observational(), MANY_ROWS, turn)
        posed = _posed(case, data, rng)
        program = idgen.compile(case.query, case.graph)
        asked = [*(op.inputs for op in program.models), case.query.inputs]
        if posed is not None and all(_least(data, names, model.sizes) >= ENOUGH for names in asked):
            yield posed


def swing(posed: Posed, fills: int = 12) -> float:
    """How far the answer moves with what is put where there are no rows: total variation between the extremes.

    The program is run exactly on the relative frequencies with next to nothing of a random law added, `fills` times:
    where rows are, that changes nothing.
    """
    program = idgen.compile(posed.case.query, posed.case.graph, realize="regenerate")
    counted = idgen.Joint.from_samples(posed.data)
    rng, values = np.random.default_rng(7), {**posed.do, **posed.given}
    laws = []
    for _ in range(fills):
        noise = rng.dirichlet(np.full(counted.table.size, 0.1)).reshape(counted.table.shape) + FLOOR
        table = counted.table + LITTLE * noise
        kernel = program.fit(idgen.Joint(counted.variables, table / table.sum()), backend="exact").kernel()  # type: ignore[attr-defined]
        laws.append(kernel.at(**values))
    return float(max(np.abs(a - b).sum() / 2 for a in laws for b in laws))


def _posed(case: Case, data: Mapping[str, Any], rng: np.random.Generator) -> Posed | None:
    """The query at values that occur, conditions as they stand together in a row; None where a column does not vary."""
    if any(column.min() != 0 or len(np.unique(column)) < max(2, column.max() + 1) for column in data.values()):
        return None
    row = int(rng.integers(len(next(iter(data.values())))))
    do = {name: int(rng.choice(np.unique(data[name]))) for name in case.query.treatments}
    return Posed(case, data, do, {name: int(data[name][row]) for name in case.query.conditions})


def _least(data: Mapping[str, Any], names: tuple[str, ...], sizes: Mapping[str, int]) -> int:
    """The fewest rows that a cell of some columns holds."""
    if not names:
        return len(next(iter(data.values())))
    shape = tuple(sizes[name] for name in names)
    cells = np.ravel_multi_index([np.asarray(data[name]) for name in names], shape)
    return int(np.bincount(cells, minlength=int(np.prod(shape))).min())

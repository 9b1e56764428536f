"""An influence function put together from the lines that an adjoint prints, in exact laws of the graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from idgen_compiler.adjoint.chances import Chance
from idgen_compiler.adjoint.terms import Region, Term
from idgen_compiler.estimand.tables import Array, Table
from tests.idgen_compiler.adjoint.exact import Laws

__all__ = ["influence"]


def influence(laws: Laws, f: Table, query: str | None = None) -> Array:
    """phi over the cells of the joint, as the printed lines say.  Axes of f: the outcomes."""
    residuals: dict[str, list[Table]] = {}
    observed = laws.program.observe.result
    for region in laws.program.adjoint().regions(query):
        asked = [f] if region.name == "sample" else residuals.pop(region.name, [])
        for asks in asked:
            if region.weighing is None:
                for term in region.terms:
                    residuals.setdefault(term.data, []).append(_of_term(laws, region, term, asks))
            else:
                for data, table in _of_weights(laws, region, asks):
                    residuals.setdefault(data, []).append(table)
    assert set(residuals) <= {observed}, "every residual is handed on to the data"
    joint = laws.joint
    total: Any = sum(_over(table, joint.variables) for table in residuals.get(observed, []))
    return np.asarray(total - (joint.table * total).sum())


def _of_term(laws: Laws, region: Region, term: Term, asks: Table) -> Table:
    """w (h - E[h | i]) over the variables of the data set."""
    own = (*term.slots, *term.inputs)
    h = _mean(laws.network(region, _names(own, asks.axes)), asks, own)
    names = dict(zip(own, (*term.targets, *term.given), strict=True))
    if term.exact:
        _check_exact(laws, region, own, asks, h)
    data = laws.exact.values[term.data]
    law = Table((*term.targets, *term.given), data.summed(names.values()).aligned((*term.targets, *term.given)))
    moved = h.renamed(names)
    residual = moved.values - _mean(law, moved, term.given).aligned(term.given)
    if term.ratio is not None:
        shape = tuple(laws.joint.sizes[name] for name in term.given)
        weights = np.empty(shape, dtype=object)
        for codes in np.ndindex(shape):
            weights[codes] = laws.ratio(term.ratio, region, dict(zip(term.inputs, codes, strict=True)))
        residual = residual * weights
    return Table(moved.axes, np.asarray(residual))


def _of_weights(laws: Laws, region: Region, asks: Table) -> Iterator[tuple[str, Table]]:
    """C of the rows, less what the models of the weights explain, and what free policies add, by data set."""
    weighing = region.weighing
    assert weighing is not None
    rows: Table = laws.exact.values[weighing.data]
    weight: Any = 1
    for pair in weighing.weights:
        policy, model = (_over(laws.table(chance, region), rows.axes) for chance in pair)
        weight = weight * policy / model
    weight = weight / (rows.values * weight).sum()
    centered = asks.values - (laws.exact.values[region.name].summed(asks.axes).aligned(asks.axes) * asks.values).sum()
    c = Table(rows.axes, np.broadcast_to(weight * _over(Table(asks.axes, centered), rows.axes), rows.values.shape))
    yield weighing.data, c
    for _, chance in weighing.weights:
        h = _mean(rows, c, (*chance.targets, *chance.given))
        yield chance.data, _of_chance(laws, chance, weighing.data, h, rows, sign=-1)
    for chance, _ in weighing.weights:
        if not chance.policy:
            h = _mean(rows, c, (*chance.targets, *chance.given))
            own = laws.data(chance.data, h.axes)
            ratio = _conditional(rows, h.axes, chance.given) / _conditional(own, h.axes, chance.given)
            scaled = Table(h.axes, np.asarray(h.values * ratio))
            yield chance.data, _of_chance(laws, chance, weighing.data, scaled, own, sign=1)


def _of_chance(laws: Laws, chance: Chance, rows: str, h: Table, law: Table, sign: int) -> Table:
    """w (h - E[h | i]) of a conditional by which rows are weighed."""
    density = _moved(laws, chance.given, rows, chance.data)
    mean = _mean(law, h, chance.given).aligned(chance.given)
    return Table(h.axes, np.asarray(sign * density * (h.values - mean)))


def _mean(law: Table, of: Table, given: Sequence[str]) -> Table:
    """E[of | given] in a law, zero where that has no chance.  Axes: `given`."""
    axes = _names(given, of.axes)
    chances = law.summed(axes).aligned(axes)
    over = tuple(range(len(given), len(axes)))
    total = np.asarray(chances.sum(axis=over))
    weighed = np.asarray((chances * _over(of, axes)).sum(axis=over))
    return Table(tuple(given), np.where(total == 0, 0, weighed / np.where(total == 0, 1, total)))


def _conditional(law: Table, axes: Sequence[str], given: Sequence[str]) -> Array:
    """P(the others | given).  Shape: `axes`, whose last are `given`."""
    values = law.summed(axes).aligned(axes)
    return np.asarray(values / law.summed(given).aligned(given)) if given else values


def _moved(laws: Laws, given: Sequence[str], above: str, below: str) -> Any:
    if not given or above == below:
        return 1
    return laws.data(above, given).values / laws.data(below, given).values


def _check_exact(laws: Laws, region: Region, own: Sequence[str], asks: Table, h: Table) -> None:
    """What is said to be a function of the slots and inputs is one: f itself, at the values that are set."""
    assert region.network is not None
    left = [axis for axis in asks.axes if axis not in own]
    at = tuple(laws.at[axis] if axis in left else slice(None) for axis in asks.axes)
    kept = Table(tuple(axis for axis in asks.axes if axis in own), np.asarray(asks.values[at]))
    chances = laws.network(region, own).values
    assert ((h.values == _over(kept, h.axes)) | (chances == 0)).all()


def _names(first: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))


def _over(table: Table, axes: Sequence[str]) -> Array:
    own = table.aligned([axis for axis in axes if axis in table.axes])
    return np.asarray(own[tuple(slice(None) if axis in table.axes else np.newaxis for axis in axes)])

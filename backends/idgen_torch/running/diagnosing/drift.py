"""A data set that was drawn beside its source: marginals, and how pairs depend on each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.diagnostics import DataDiagnosis, Dependence, Marginal, Test
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Draw, Realize, Regenerate, Train
from idgen_compiler.ir.policies import Column
from idgen_compiler.ir.program import Program
from idgen_torch.parts import Values
from idgen_torch.running.diagnosing.drawn import Kinds
from idgen_torch.running.diagnosing.measures import kolmogorov, shares_apart
from idgen_torch.running.diagnosing.propensities import chances
from idgen_torch.running.draws import unfolded
from idgen_torch.running.kept import Kept, KeptData
from idgen_torch.running.record import DataReport

__all__ = ["drifts"]

MOST_PAIRS, BINS, FEWEST = 15, 4, 100
"""So many pairs of variables are compared; numbers in so many bins; and nothing below so many effective rows."""


@dataclass(frozen=True, eq=False)
class Source:
    """Rows that a data set should be like, their weights, and the variables of which this holds."""

    rows: Values
    weights: Array | None
    variables: tuple[str, ...]


def drifts(
    program: Program, reports: Sequence[DataReport], kept: Kept, observed: KeptData | None, schema: Schema, kinds: Kinds
) -> list[DataDiagnosis]:
    """Each data set that a program made, beside the rows that it should be like.

    Variables that an intervention does not move are held against rows of the table. So are those that it moves, by rows
    that weigh policy(x) / P(x | before): both give one law (Richardson, Evans, Robins and Shpitser 2023, section 2.3),
    where one category is set and all models are of the table itself.
    """
    laws = {op.result: op for op in program.operations if isinstance(op, Realize)}
    found = []
    for report in reports:
        op, made = laws[report.operation], kept.data.get(report.operation)
        law = f"{', '.join(op.variables)} under {', '.join(sorted(_set_in(op)))} set"
        head = (report.operation, law, report.rows, report.effective_rows, report.exact)
        way = op.ways[0]
        if made is None or observed is None or report.exact or not isinstance(way, Regenerate):
            found.append(DataDiagnosis(*head))
            continue
        still, moved = _still(way, op), _moved(way, op)
        sources = [Source(observed.rows, None, still)]
        if (weighed := _weighed(program, op, way, made, observed, schema)) is not None:
            sources.append(Source(observed.rows, weighed, tuple(dict.fromkeys((*still, *moved)))))
        marginals: dict[str, Marginal] = {}
        pairs: dict[frozenset[str], Dependence] = {}
        for source in sources:
            for one in _marginals(source, made, schema, kinds):
                marginals.setdefault(one.variable, one)
            for two in _dependences(source, made, schema):
                pairs.setdefault(frozenset((two.one, two.other)), two)
        found.append(DataDiagnosis(*head, tuple(marginals.values()), tuple(pairs.values())[:MOST_PAIRS], moved))
    return found


def _set_in(op: Realize) -> set[str]:
    return {variable_of(draw.slot) for way in op.ways for draw in way.do}


def _still(way: Regenerate, op: Realize) -> tuple[str, ...]:
    """The variables that no draw of a policy leads to: their law together is the source's."""
    return tuple(name for name in op.variables if name not in _downstream(way))


def _moved(way: Regenerate, op: Realize) -> tuple[str, ...]:
    return tuple(name for name in op.variables if name in _downstream(way))


def _downstream(way: Regenerate) -> set[str]:
    """The variables that are drawn by a policy, or given what is."""
    slots: set[str] = set()
    for statement in unfolded(way).statements:
        if isinstance(statement, Draw) or slots.intersection(getattr(statement, "inputs", ())):
            slots.update(getattr(statement, "slots", ()))
    return {variable_of(slot) for slot in slots}


def _weighed(
    program: Program, op: Realize, way: Regenerate, made: KeptData, observed: KeptData, schema: Schema
) -> Array | None:
    """policy(x) / P(x | before) at rows of the table; None where that is no simple matter.  Shape: (rows,)."""
    models = {name: each for each in program.models for name in (each.result,)}
    used = [models[name] for name in leaves(way, Role.MODEL) if name in models]
    source = program.observe.result
    draws = [draw for draw in way.do if isinstance(draw.policy, Column) and draw.policy.data == source]
    if len(draws) != 1 or len(way.do) != 1 or any(not isinstance(m, Train) or m.data != source for m in used):
        return None
    name = variable_of(draws[0].slot)
    parts = schema.parts(name)
    if len(parts) != 1 or parts[0].form is not Form.CODES or parts[0].name not in observed.rows:
        return None
    order = program.graph.order
    before = [each for each in order[: order.index(name)] if each in program.observe.variables]
    covariates = [part for each in before for part in schema.parts(each)]
    if not covariates:
        return None
    law = chances(parts[0], covariates, observed.rows, observed.count)
    if law is None:
        return None
    codes = observed.rows[parts[0].name].cpu().numpy()
    shares = np.bincount(codes, minlength=law.shape[1]) / len(codes)
    weights = shares[codes] / np.maximum(law[np.arange(len(codes)), codes], 1e-6)
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    return np.asarray(weights) if effective >= FEWEST else None


def _marginals(source: Source, made: KeptData, schema: Schema, kinds: Kinds) -> Iterator[Marginal]:
    for name in source.variables:
        for part in _comparable(schema.parts(name), source.rows, made.rows):
            seen, its = (values[part.name].cpu().numpy() for values in (source.rows, made.rows))
            if part.form is Form.CODES:
                test = shares_apart(seen, its, source.weights, f"shares of {part.name}", _total_variation)
            else:
                test = kolmogorov(seen[:, 0], its[:, 0], source.weights, f"law of {part.name}")
            yield Marginal(part.name, test)


def _dependences(source: Source, made: KeptData, schema: Schema) -> Iterator[Dependence]:
    parts = [p for name in source.variables for p in _comparable(schema.parts(name), source.rows, made.rows)]
    for one, other in combinations(parts, 2):
        if one.form is Form.NUMBERS and other.form is Form.NUMBERS:
            yield _correlations(one, other, source, made)
        else:
            yield _informations(one, other, source, made)


def _comparable(parts: Sequence[Part], *each: Mapping[str, object]) -> list[Part]:
    able = [p for p in parts if p.form is Form.CODES or (p.form is Form.NUMBERS and p.dim == 1)]
    return [part for part in able if all(part.name in rows for rows in each)]


def _correlations(one: Part, other: Part, source: Source, made: KeptData) -> Dependence:
    """Rank correlations, compared by Fisher's transformation with Kish's rows (Fieller, Hartley and Pearson 1957)."""
    from scipy.stats import norm

    before, rows = _rank_correlation(one, other, source.rows, source.weights)
    after, drawn = _rank_correlation(one, other, made.rows, None)
    error = float(np.sqrt(1.06 / max(rows - 3, 1) + 1.06 / max(drawn - 3, 1)))
    z = (np.arctanh(np.clip(after, -0.999, 0.999)) - np.arctanh(np.clip(before, -0.999, 0.999))) / error
    p = float(2 * norm.sf(abs(z)))
    name = f"rank correlation of {one.name} and {other.name}"
    return Dependence(one.name, other.name, "rank correlation", before, after,
                      Test(name, float(z), p, p, after - before, round(rows)))  # fmt: skip


def _rank_correlation(one: Part, other: Part, rows: Values, weights: Array | None) -> tuple[float, float]:
    from scipy.stats import rankdata

    a, b = (rankdata(rows[part.name].cpu().numpy()[:, 0]) for part in (one, other))
    mass = np.ones(len(a)) if weights is None else weights
    a, b = a - np.average(a, weights=mass), b - np.average(b, weights=mass)
    scale = float(np.sqrt((mass * a * a).sum() * (mass * b * b).sum()))
    return float((mass * a * b).sum()) / max(scale, 1e-300), float(mass.sum() ** 2 / (mass**2).sum())


def _informations(one: Part, other: Part, source: Source, made: KeptData) -> Dependence:
    """Mutual informations of binned values, and whether both joint tables are of one law."""
    ends = {part.name: _ends(part, source.rows) for part in (one, other)}
    cells, size = [], _size(other, ends)
    for rows in (source.rows, made.rows):
        first, second = (_binned(part, rows, ends[part.name]) for part in (one, other))
        cells.append(first * size + second)
    name = f"{one.name} and {other.name} together"
    shape = (_size(one, ends), size)
    before, after = _information(cells[0], source.weights, shape), _information(cells[1], None, shape)
    test = shares_apart(cells[0], cells[1], source.weights, name, lambda p, q: after - before)
    return Dependence(one.name, other.name, "mutual information", before, after, test)


def _ends(part: Part, rows: Values) -> Array | None:
    if part.form is Form.CODES:
        return None
    return np.unique(np.quantile(rows[part.name].cpu().numpy()[:, 0], np.linspace(0, 1, BINS + 1)[1:-1]))


def _binned(part: Part, rows: Values, ends: Array | None) -> Array:
    values = rows[part.name].cpu().numpy()
    return values if ends is None else np.searchsorted(ends, values[:, 0])


def _size(part: Part, ends: Mapping[str, Array | None]) -> int:
    own = ends[part.name]
    return (part.size or 1) if own is None else len(own) + 1


def _information(cells: Array, weights: Array | None, shape: tuple[int, int]) -> float:
    joint = np.bincount(cells, weights, shape[0] * shape[1]).reshape(shape)
    joint = joint / joint.sum()
    apart = np.outer(joint.sum(1), joint.sum(0))
    there = joint > 0
    return float((joint[there] * np.log(joint[there] / apart[there])).sum())


def _total_variation(p: Array, q: Array) -> float:
    return float(np.abs(p - q).sum()) / 2

"""P(treatment | covariates) where a program adjusts: overlap by arm, and balance before and after weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.diagnostics import Balance, Histogram, Propensity
from idgen_compiler.ir.operations import Apply, Realize, Reweight, Train
from idgen_compiler.ir.program import Program
from idgen_torch.estimating import Design, Folds, propensity
from idgen_torch.estimating.learners import BoostedClasses, CellClasses, Learner, Logistic
from idgen_torch.parts import Values
from idgen_torch.running.diagnosing.drawn import Kinds, in_own_unit
from idgen_torch.running.estimates.onestep.weight import least_chance
from idgen_torch.running.kept import Kept, KeptData

__all__ = ["chances", "propensities"]

MOST_ARMS, BINS, MOST_COVARIATES = 8, 20, 40
"""Treatments of more values have no arms worth a table; histograms have so many bins, tables so many lines."""

LEARNERS: tuple[Learner, ...] = (CellClasses(), Logistic("linear"), Logistic("splines"), BoostedClasses(leaves=4))

FOLDS = 3


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A model in which a treatment stands beside covariates."""

    operation: str
    treatment: str
    covariates: tuple[str, ...]
    own: str = ""  #: the program's own model of the treatment


def propensities(
    program: Program, kept: Kept, observed: KeptData | None, schema: Schema, kinds: Kinds, device: torch.device
) -> list[Propensity]:
    """The propensity of each treatment of few values that stands beside covariates in a model of the program.

    It is said by the model that reweighting weighs by, where there is one; otherwise by a cross-fitted mixture of
    shares, logistic regressions and trees.
    """
    if observed is None:
        return []
    found = []
    for one in _adjusted(program):
        treatment, covariates = schema.parts(one.treatment), [p for n in one.covariates for p in schema.parts(n)]
        able = len(treatment) == 1 and treatment[0].form is Form.CODES and 1 < (treatment[0].size or 0) <= MOST_ARMS
        readable = [part for part in covariates if part.form in (Form.CODES, Form.NUMBERS)]
        if not able or len(readable) < len(covariates) or not readable:
            continue
        if any(part.name not in observed.rows for part in (*treatment, *covariates)):
            continue
        law, source = None, "a cross-fitted regression"
        if one.own in kept.models:
            model = kept.models[one.own].model
            with torch.no_grad():
                given = {part.name: observed.rows[part.name].to(device) for part in covariates}
                law = model.laws(given, observed.count).double().cpu().numpy()
            source = f"the program's model {one.own}"
        else:
            law = chances(treatment[0], covariates, observed.rows, observed.count)
        if law is not None:
            found.append(_table(one, treatment[0], covariates, law, source, observed, kinds))
    return found


def _adjusted(program: Program) -> Iterator[Adjusted]:
    """Models in which what the caller sets stands beside what is not caused by it, and models that are weighed by."""
    models = {each.result: each for each in program.models}
    seen: set[tuple[str, frozenset[str]]] = set()

    def new(one: Adjusted) -> bool:
        key = (one.treatment, frozenset(one.covariates))
        fresh = bool(one.covariates) and key not in seen
        seen.add(key)
        return fresh

    for op in program.operations:
        if isinstance(op, Realize) and isinstance(op.ways[0], Reweight):
            for draw, by in zip(op.ways[0].do, op.ways[0].by, strict=True):
                model = models.get(by)
                if model is not None:
                    one = Adjusted(by, variable_of(draw.slot), model.inputs, by)
                    if new(one):
                        yield one
    for sampler in program.samplers:
        for statement in sampler.network.statements:
            model = models.get(statement.model) if isinstance(statement, Apply) else None
            if not isinstance(model, Train) or not isinstance(statement, Apply):
                continue
            if model.data != program.observe.result:
                continue
            for slot, name in zip(statement.inputs, model.inputs, strict=True):
                if slot in sampler.network.inputs:
                    caused = program.graph.descendants([name])
                    rest = tuple(other for other in model.inputs if other != name and other not in caused)
                    one = Adjusted(model.result, name, rest)
                    if new(one):
                        yield one


def chances(treatment: Part, covariates: Sequence[Part], rows: Values, count: int) -> Array | None:
    """P(treatment | covariates) at these rows, cross-fitted; None where it does not vary.  Shape: (rows, size)."""
    codes = rows[treatment.name].cpu().numpy()
    size = treatment.size or 1
    if len(np.unique(codes)) < 2 or size > 4 * MOST_ARMS or count < 50:
        return None
    columns: dict[str, Array] = {}
    sizes: dict[str, int] = {}
    for part in covariates:
        if part.form is Form.CODES:
            columns[part.name], sizes[part.name] = rows[part.name].cpu().numpy(), part.size or 1
        elif part.form is Form.NUMBERS:
            columns[part.name] = rows[part.name].double().cpu().numpy()
    if not columns:
        return None
    design = Design.of(columns, sizes, rows=count)
    found = propensity(design, codes, Folds(count, FOLDS, 0), classes=max(size, 2), learners=LEARNERS)
    return np.asarray(found.own)


def _table(
    one: Adjusted,
    treatment: Part,
    covariates: Sequence[Part],
    law: Array,
    source: str,
    observed: KeptData,
    kinds: Kinds,
) -> Propensity:
    codes = observed.rows[treatment.name].cpu().numpy()
    least = least_chance(observed.count)
    columns = dict(_covariate_columns(covariates, observed.rows, kinds))
    arms, rows, effective, extreme, histograms, balance = [], [], [], [], [], []
    for code in range(treatment.size or 0):
        inside = codes == code
        if not inside.any():
            continue
        arm = str(kinds[treatment.name].describe(code)) if treatment.name in kinds else str(code)
        chance = np.maximum(law[:, code], 1e-9)
        weights = inside / chance
        arms.append(arm)
        rows.append(int(inside.sum()))
        effective.append(float(weights.sum() ** 2 / (weights**2).sum()))
        extreme.append(float((chance < least).mean()))
        shares = [np.histogram(chance[part], BINS, (0, 1))[0] / max(part.sum(), 1) for part in (inside, ~inside)]
        histograms.append(Histogram(arm, tuple(shares[0].tolist()), tuple(shares[1].tolist())))
        balance += [_balanced(name, arm, values, inside, weights) for name, values in columns.items()]
    balance.sort(key=lambda each: -abs(each.after))
    return Propensity(
        one.operation, one.treatment, one.covariates, source, tuple(arms), tuple(rows), tuple(effective),
        tuple(extreme), least, tuple(histograms), tuple(balance[:MOST_COVARIATES]),
    )  # fmt: skip


def _covariate_columns(parts: Sequence[Part], rows: Values, kinds: Mapping[str, object]) -> Iterator[tuple[str, Array]]:
    """Numbers in their own unit, and an indicator for each label of a category, of two labels for the second."""
    for part in parts:
        if part.form is Form.CODES:
            codes = rows[part.name].cpu().numpy()
            for code in range(1 if part.size == 2 else 0, min(part.size or 0, 12)):
                kind = kinds.get(part.name)
                label = kind.describe(code) if kind is not None else code  # type: ignore[attr-defined]
                yield f"{part.name} = {label}", (codes == code).astype(np.float64)
        elif part.dim == 1:
            yield part.name, in_own_unit(part, rows[part.name], kinds)  # type: ignore[arg-type]


def _balanced(name: str, arm: str, values: Array, inside: Array, weights: Array) -> Balance:
    """Against all rows, whose law the weighted arm should have (Austin and Stuart 2015)."""
    mean, variance = float(values.mean()), float(values.var())
    scale = float(np.sqrt(variance)) or 1.0
    own, weighed = values[inside], float(np.average(values, weights=weights))
    own_variance = float(own.var())
    after = float(np.average((values - weighed) ** 2, weights=weights))
    ratios = (own_variance / variance, after / variance) if variance > 0 else (None, None)
    return Balance(name, arm, (float(own.mean()) - mean) / scale, (weighed - mean) / scale, *ratios)

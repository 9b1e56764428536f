"""Prediction intervals for draws of an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimates.measures import Asking
from idgen_compiler.estimates.prediction import PredictionInterval
from idgen_compiler.estimates.questions.asked import Point
from idgen_compiler.forms.spelling import composed, spelled
from idgen_compiler.hinge.probability import labels_of, rows_asked
from idgen_compiler.hinge.question import Question
from idgen_compiler.query import Query
from idgen_compiler.warning import quietly, warn_overlap
from idgen_torch.estimating import Design, Folds
from idgen_torch.families.tables.cells import cell_of
from idgen_torch.running.estimates.answering import Answerer
from idgen_torch.running.estimates.conformal.bases import Quantiles, Shares
from idgen_torch.running.estimates.conformal.quantiles import ends, likely_labels, upper
from idgen_torch.running.estimates.conformal.weighed import Weighed, weighed
from idgen_torch.running.estimates.onestep.frames import Frame, design_of
from idgen_torch.seeds import seed_for
from idgen_torch.tensors import decode, encode_value

__all__ = ["predicted"]

FEW_ROWS = 20
"""With fewer effective rows an interval is warned of."""

MARGINAL = "weighted conformal"
BY_QUANTILES = "weighted conformalized quantile regression"
BY_SHARES = "weighted conformal sets of a classifier"


@dataclass(frozen=True, eq=False)
class Outcome:
    """An outcome's values at real rows: numbers (rows,), or codes (rows,) of labels."""

    values: Array
    labels: tuple[Any, ...] = ()

    @classmethod
    def of(cls, schema: Schema, name: str, frame: Frame) -> Outcome:
        """The outcome of some rows.  Raises DataError for one that is neither a number nor discrete."""
        parts, values = schema.parts(name), frame.slots[name]
        if all(part.discrete for part in parts):
            rows = {part.name: column for part, column in zip(parts, values, strict=True)}
            return cls(cell_of(parts, rows, torch.device("cpu")).cpu().numpy(), labels_of(schema, (name,))[0])
        column = schema[name].empty(frame.count) if _single(parts) else np.empty((0, 0))
        if column.ndim != 1 or column.dtype.kind not in "iuf":
            what = ", ".join(dict.fromkeys(str(part.form) for part in parts))
            raise DataError(
                f"{name} is {what if len(parts) == 1 else 'of several columns'} and no single number, so that no "
                "interval holds it; ask for a number or a category"
            )
        decode(schema[name], values, column)
        return cls(column.astype(np.float64))


def _single(parts: tuple[Any, ...]) -> bool:
    return all(part.form in (Form.NUMBERS, Form.CODES) for part in parts)


def predicted(
    answerer: Answerer,
    outcome: str,
    do: Mapping[str, Any] | None,
    given: Mapping[str, Any] | None,
    query: Query | str | None,
    asking: Asking,
) -> PredictionInterval:
    """The interval or set that holds a draw of an outcome, or one for each row of conditions.

    Raises DataError for an unknown outcome, one that is no number or category, values of treatments that are not one
    each, and where no row is like those that are asked about.
    """
    program, schema = answerer.program, answerer.schema
    question = Question.of(program, 1, do, given, 0, query, answerer.named)
    name, known = composed(str(outcome)), question.sampler.network.outputs
    if name not in known:
        raise DataError(f"{outcome!r:.80} is no outcome of {question.query}{near_misses(name, known)}")
    count, settings = _checked(question, schema)
    beside = tuple(each for each in question.given if each in question.sampler.network.inputs)
    estimator = answerer.learned(program, asking, None)
    Outcome.of(schema, name, estimator.data(program.observe.result).frame)  # refused before anything is learned
    with quietly():  # what there is to say of values was said
        study = estimator.study(question, beside)
        parts = {each: encode_value(settings[each][0], schema[each], settings[each][1]) for each in beside}
    rows = weighed(estimator, study, name, beside)
    there, groups = rows.weights > 0, answerer.groups
    rows, groups = rows.rows(there), None if groups is None else groups[there]
    if rows.frame.count < 2:
        raise DataError(
            f"no rows of the data are like those of {question.query} there; ask for values that the data show"
        )
    y = Outcome.of(schema, name, rows.frame)
    if beside:
        place = Place(design_of(schema, beside, rows.frame), design_of(schema, beside, Frame(parts, count or 1)))
        halves = _halves(rows.frame.count, groups, seed_for(asking.seed, "conformal"))
        found, effective = _at(y, rows, place, halves, asking.level, count is None)
        method = BY_SHARES if y.labels else BY_QUANTILES
        told = list(_told_of_place(place, ", ".join(beside)))
    else:
        found, effective, method, told = _anywhere(y, rows, asking.level, count), rows.effective_rows, MARGINAL, []
    told += _told(effective, found, asking.level)
    for text in told:
        warn_overlap(text)
    notes = (*(each.told(schema) for each in study.near), *_notes(method, y, beside))
    learned = {what: how for each in (study, *estimator.studied) for what, how in each.learned.items()}
    notes += tuple(f"{what} by {how}" for what, how in learned.items() if "weight" in what)
    return PredictionInterval(
        _what(program, name, question, query, count), asking.level, effective, method, **found,
        conditions=dict(question.given), rows=count, warnings=tuple(told), notes=notes,
    )  # fmt: skip


def _checked(question: Question, schema: Schema) -> tuple[int | None, dict[str, tuple[Setting, Any]]]:
    """For how many rows of conditions intervals are asked, None for one; values are warned of once."""
    with quietly():
        for treatment, value in question.do.items():
            schema.check(Setting("do", treatment, 1), value)
        count, settings = rows_asked(question, schema.check)
    for setting, value in settings.values():
        schema.check(setting, value)
    return count, settings


def _anywhere(y: Outcome, rows: Weighed, level: float, count: int | None) -> dict[str, Any]:
    """What holds the outcome whatever the conditions, as often as it is asked for."""
    if y.labels:
        shares = np.bincount(y.values, weights=rows.weights, minlength=len(y.labels)) / rows.weights.sum()
        kept = likely_labels(shares, rows.new_row / rows.weights.sum(), level, y.labels)
        return {"labels": kept if count is None else (kept,) * count}
    low, high = ends(y.values, rows.weights, rows.new_row, level)
    return {"low": low, "high": high} if count is None else {"low": np.full(count, low), "high": np.full(count, high)}


@dataclass(frozen=True, eq=False)
class Place:
    """The conditions at real rows, and where they are asked about."""

    real: Design
    asked: Design


def _halves(count: int, groups: Array | None, seed: int) -> tuple[Array, Array]:
    """Which rows teach, and which calibrate; groups (rows,) are in one half each."""
    if groups is not None and len(np.unique(groups)) > 1:
        taught = Folds(count, 2, seed, groups).held(0)
        return np.flatnonzero(taught), np.flatnonzero(~taught)
    order = np.random.default_rng(seed).permutation(count)
    return order[: count // 2], order[count // 2 :]


def _at(
    y: Outcome, rows: Weighed, place: Place, halves: tuple[Array, Array], level: float, single: bool
) -> tuple[dict[str, Any], float]:
    """What holds the outcome at conditions, and the effective rows: half of the rows teach, the others calibrate."""
    taught, kept = halves
    rest, w = rows.rows(kept), rows.weights[taught]
    if y.labels:
        shares = Shares.of(place.real.rows(taught), y.values[taught], w, len(y.labels))
        scores = 1 - shares.at(place.real.rows(kept))[np.arange(len(kept)), y.values[kept]]
        edge = upper(scores, rest.weights, rest.new_row, level)
        sets = tuple(_labels(p, edge, y.labels) for p in shares.at(place.asked))
        return {"labels": sets[0] if single else sets}, rest.effective_rows
    base = Quantiles.of(place.real.rows(taught), y.values[taught], w, level)
    low, high = base.at(place.real.rows(kept))
    scores = np.maximum(low - y.values[kept], y.values[kept] - high)
    edge = upper(scores, rest.weights, rest.new_row, level)
    low, high = base.at(place.asked)
    edges = np.maximum(edge, (low - high) / 2)  # an interval that would be less than empty is its middle
    low, high = low - edges, high + edges
    return {"low": float(low[0]), "high": float(high[0])} if single else {"low": low, "high": high}, rest.effective_rows


def _labels(shares: Array, edge: float, labels: tuple[Any, ...]) -> tuple[Any, ...]:
    """The labels whose score does not exceed the edge, and the likeliest in any case.  Shape: shares (labels,)."""
    inside = 1 - shares <= edge
    inside[shares.argmax()] = True
    return tuple(label for label, held in zip(labels, inside, strict=True) if held)


def _told(effective: float, found: Mapping[str, Any], level: float) -> Iterator[str]:
    if effective < FEW_ROWS:
        yield (
            f"the interval rests on {effective:.0f} effective rows: few are like those that are asked about, and it "
            "may hold a draw less often than it says; ask for values that more rows have"
        )
    if "low" in found and not (np.isfinite(found["low"]).all() and np.isfinite(found["high"]).all()):
        yield (
            f"the rows do not suffice for {100 * level:g} %: a new row may weigh so much that nothing is known of "
            "where it lies; ask for a lower level, or for values that more rows have"
        )


def _told_of_place(place: Place, names: str) -> Iterator[str]:
    """Asked conditions that no weighed row is near to."""
    real, asked = place.real, place.asked
    beyond = ((asked.numbers < real.numbers.min(0)) | (asked.numbers > real.numbers.max(0))).any(1)
    for k in range(real.codes.shape[1]):
        beyond |= ~np.isin(asked.codes[:, k], real.codes[:, k])
    if beyond.any():
        yield (
            f"{int(beyond.sum())} of {len(asked)} asked rows have {names} where no row like those that are asked about "
            "lies; the interval there is a guess"
        )


def _notes(method: str, y: Outcome, beside: tuple[str, ...]) -> Iterator[str]:
    """What the interval is, in plain sentences."""
    if not beside:
        yield "the most frequent labels" if y.labels else "equal-tailed: as often below as above"
    else:
        yield (
            f"holds a draw that often on average over {', '.join(beside)} as the data have it, not at each value; "
            "half of the rows teach, the others calibrate"
        )
    yield "each row is weighed by models that did not see it, a new row by the weight that 99 % of new rows stay below"


def _what(program: Any, name: str, question: Question, query: Query | str | None, count: int | None) -> str:
    given = question.given if count is None else {}
    told = Point.of(program, {**question.do, **question.drawn}, given, query).told(spelled(name))
    if count is None:
        return told
    return f"{told}{', ' if ' | ' in told else ' | '}{', '.join(map(spelled, question.given))}"

"""What came out, on a page: samples at several settings, and numbers with intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from idgen_compiler.errors import IdgenError
from idgen_compiler.estimates import Estimating
from idgen_compiler.estimates.estimate import Estimates
from idgen_compiler.hinge.backend import schema_of
from idgen_compiler.hinge.charts.columns import Pictured
from idgen_compiler.hinge.charts.looking import told_settings
from idgen_compiler.hinge.charts.outline import shown_of
from idgen_compiler.hinge.question import query_of
from idgen_compiler.ir.operations import Sample
from idgen_compiler.report.web.values.settings import grid_of, settings_of

__all__ = ["Number", "Numbers", "Outcome", "outcome_of"]

MOST_LABELS = 6
"""The share of each label is estimated for outcomes of so few."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its interval, and the band that holds all numbers beside it at once; None where one is not finite.

    at: the value of the treatment, where the numbers make a curve.
    """

    what: str
    value: float | None
    low: float | None
    high: float | None
    band_low: float | None = None
    band_high: float | None = None
    at: float | None = None
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Several numbers of one kind.

    kind: "level" (a mean or share at each setting), "contrast" (differences to the first setting) or "curve".
    """

    kind: str
    title: str
    numbers: tuple[Number, ...]
    level: float
    method: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers of one sampler.  notes: what was chosen, warned of or left out, and why."""

    query: str
    settings: tuple[str, ...] = ()
    given: str = ""
    samples: int = 0
    seed: int = 0
    shown: tuple[Pictured, ...] = ()
    numbers: tuple[Numbers, ...] = ()
    notes: tuple[str, ...] = ()


def outcome_of(
    sampler: Any,
    op: Sample,
    do: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
    given: Mapping[str, Any] | None,
    n: int,
    seed: int,
    estimates: bool | None,
) -> Outcome:
    """What a sampler answers; what it refuses is a note, so that the rest of the page is there.

    Of settings that somebody chose it is raised instead: they are to be chosen again.
    `estimates` says whether numbers have intervals; None where that takes no time, which is where all is categories.
    """
    name, chosen = str(query_of(sampler.program, op)), bool(do or given)
    try:
        settings, conditions, notes = settings_of(sampler, op, do, given)
    except IdgenError as error:
        if chosen:
            raise
        return Outcome(name, notes=(f"No outcomes are shown: {error}.",))
    query: dict[str, Any] = {"query": op.query} if op.query else {}
    told = told_settings(settings)
    with _heard() as heard:
        try:
            drawn = [sampler.sample(n, do=s, given=conditions, seed=seed, **query) for s in settings]
            shown = tuple(shown_of(dict(zip(told, drawn, strict=True))))
        except IdgenError as error:
            if chosen:
                raise
            return Outcome(name, tuple(told), notes=(*notes, f"No samples are shown: {error}."))
        numbers: list[Numbers] = []
        if isinstance(sampler, Estimating) and estimates is not False:
            asked = _Asked(sampler, op, drawn[0], dict(zip(told, settings, strict=True)), conditions, query)
            if estimates or _is_quick(sampler):
                numbers, refused = _numbers(asked)
            else:
                numbers, refused = _averages(asked, dict(zip(told, drawn, strict=True)), n, seed)
            notes = (*notes, *refused)
    seen = ", ".join(f"{key} = {value}" for key, value in conditions.items())
    return Outcome(name, tuple(told), seen, n, seed, shown, tuple(numbers), (*notes, *dict.fromkeys(heard)))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What is warned of meanwhile."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield said
    said += [str(warning.message) for warning in caught]


@dataclass(frozen=True)
class _Asked:
    """What estimates are asked of."""

    sampler: Estimating
    op: Sample
    samples: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, Any]]
    given: Mapping[str, Any]
    query: Mapping[str, Any]

    @property
    def functionals(self) -> list[Any]:
        """What has a mean: numbers and truth values, and the labels of categories of few."""
        found: list[Any] = []
        for name in self.op.network.outputs:
            column = np.asarray(self.samples[name])
            if column.ndim > 1 or column.dtype.names or column.dtype.kind in "mM":
                continue
            if column.dtype.kind in "iufb":
                found.append(name)
                continue
            labels = sorted(set(column.tolist()), key=str)
            if len(labels) <= MOST_LABELS:
                found += [(name, label) for label in labels]
        return found

    @property
    def curve(self) -> tuple[str, list[Any]]:
        """The treatment and the values that make a curve, where there is one treatment and it is a number."""
        names = query_of(self.sampler.program, self.op).treatments
        return (names[0], grid_of(self.sampler, names[0])) if len(names) == 1 else ("", [])


def _numbers(asked: _Asked) -> tuple[list[Numbers], list[str]]:
    """The numbers, and sentences on those that are refused."""
    found: list[Numbers] = []
    refused: list[str] = []
    functionals = asked.functionals
    if not functionals:
        return [], [f"{', '.join(asked.op.network.outputs)} has no mean, so that no number is estimated."]
    treatment, grid = asked.curve
    tries: list[Callable[[], Numbers | None]] = [lambda: _levels(asked, functionals)]
    if len(asked.settings) > 1:
        tries.append(lambda: _contrasts(asked, functionals))
    if grid:
        numeric = [name for name in functionals if isinstance(name, str)]
        tries += [lambda name=name: _curve(asked, name, treatment, grid) for name in numeric[:2]]  # type: ignore[misc]
    for attempt in tries:
        try:
            made = attempt()
        except IdgenError as error:
            refused.append(f"Some numbers are not estimated: {error}.")
            break
        found += [made] if made is not None else []
    return found, list(dict.fromkeys(refused))


def _is_quick(sampler: Any) -> bool:
    """Whether all that the program reads are categories, so that estimates have a closed form."""
    schema, variables = schema_of(sampler), sampler.program.observe.variables
    return schema is not None and all(hasattr(schema[name], "labels") for name in variables)


def _averages(
    asked: _Asked, drawn: Mapping[str, Mapping[str, Any]], n: int, seed: int
) -> tuple[list[Numbers], list[str]]:
    """Means of samples, without intervals: what is quick where estimates would take long."""
    names = [name for name in asked.functionals if isinstance(name, str)]
    if not names:
        return [], []
    means = [
        Number(f"mean of {name}", float(np.mean(samples[name])), None, None, setting=told)
        for told, samples in drawn.items()
        for name in names
    ]
    how = f"means of {n:,} samples"
    found = [Numbers("level", "The outcomes at each setting", tuple(means), 0.0, how)]
    treatment, grid = asked.curve
    for name in names[:2] if grid else []:
        points = []
        for value in grid:
            samples = asked.sampler.sample(n, do={treatment: value}, given=dict(asked.given), seed=seed, **asked.query)
            points.append(Number(f"mean of {name}", float(np.mean(samples[name])), None, None, at=float(value)))
        found.append(Numbers("curve", f"{name} by {treatment}", tuple(points), 0.0, how))
    return found, [
        "The numbers are means of samples, without intervals; estimates=True (--estimates) has debiased ones, which "
        "take longer."
    ]


def _levels(asked: _Asked, functionals: list[Any]) -> Numbers:
    each = {
        told: asked.sampler.estimate(functionals, do=dict(setting), given=dict(asked.given), **asked.query)
        for told, setting in asked.settings.items()
    }
    return _of("level", "The outcomes at each setting", each)


def _contrasts(asked: _Asked, functionals: list[Any]) -> Numbers:
    (first, base), *others = asked.settings.items()
    each = {
        f"{told} against {first}": asked.sampler.contrast(
            functionals, do=dict(setting), versus=dict(base), given=dict(asked.given), **asked.query
        )
        for told, setting in others
    }
    return _of("contrast", f"What changes against {first}", each)


def _curve(asked: _Asked, outcome: str, treatment: str, grid: list[Any]) -> Numbers:
    found = asked.sampler.dose_response(outcome, treatment, grid, given=dict(asked.given), **asked.query)
    made = _of("curve", f"{outcome} by {treatment}", {"": found})
    points = tuple(_at(number, value) for number, value in zip(made.numbers, grid, strict=True))
    return Numbers(made.kind, made.title, points, made.level, made.method, made.notes)


def _at(number: Number, value: Any) -> Number:
    ends = (number.low, number.high, number.band_low, number.band_high)
    return Number(number.what, number.value, *ends, float(value), number.setting)


def _finite(value: float) -> float | None:
    return float(value) if isfinite(value) else None


def _of(kind: str, title: str, each: Mapping[str, Estimates]) -> Numbers:
    numbers, notes = [], list[str]()
    for told, found in each.items():
        for one, band in zip(found, found.bands.tolist(), strict=True):
            value, low, high, *ends = (_finite(end) for end in (one.value, one.low, one.high, *band))
            numbers.append(Number(one.what, value, low, high, ends[0], ends[1], setting=told))
        notes += [*found.answers.warnings, *found.notes]
    last = next(iter(each.values()))
    level, method = float(last.asking.level), last.answers.method
    return Numbers(kind, title, tuple(numbers), level, method, tuple(dict.fromkeys(notes)))

"""A number with its interval, and several from one call, which vary together."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimates.answers import Answers
from idgen_compiler.estimates.covariance import (
    at_once,
    cluster_count,
    covariance_of,
    critical_of,
    freedom_of,
    p_value_of,
)
from idgen_compiler.estimates.measures import Asking
from idgen_compiler.estimates.scales import Plain, Scale
from idgen_compiler.estimates.sensitivity import Sensitivity, sensitivity_of
from idgen_compiler.estimates.shown import card, line, picture, table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Estimate", "Estimates"]


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """A number, and the interval that holds the true one in a share `level` of all data sets.

    `se` is the standard error, `effective_rows` Kish's effective number of rows behind the number and `largest_share`
    the share of one row in its weights; `correction` is what a one-step correction added to the plug-in, in standard
    errors. `what` says of what it is the estimate, `warnings` and `notes` what to know about it.

    Estimates of one call vary together, and can be added and subtracted.
    """

    what: str
    value: float
    se: float
    low: float
    high: float
    level: float
    method: str
    effective_rows: float
    largest_share: float
    correction: float
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    among: Estimates | None = field(default=None, kw_only=True)
    place: int = field(default=0, kw_only=True)

    def warned(self, texts: Iterable[str]) -> Estimate:
        """The same with more warnings."""
        return self._among.warned(texts).one(self.place)

    def p_value(self, null: float | None = None) -> float:
        """The chance of an estimate so far from `null` (0; 1 of a ratio) where that is true, on both sides (Wald)."""
        among = self._among
        scale = among.scales[self.place]
        distance = scale.distance(self.value, self.se, scale.null if null is None else float(null))
        return p_value_of(distance, among.freedom)

    def sensitivity(self, to: float | None = None) -> Sensitivity:
        """How strong a hidden cause would have to be to move the estimate to a value; 0 (1 of a ratio) when left out.

        Raises DataError where the estimate is neither the mean of one outcome regression nor a ratio.
        """
        among = self._among
        answers = among.answers
        spread = None
        if answers.residual is not None and answers.riesz is not None:
            spread = float(answers.residual[self.place] * answers.riesz[self.place])
        return sensitivity_of(self.what, (self.value, self.low, self.high), among.kind, spread, to)

    def to_pandas(self) -> pd.DataFrame:
        """One row: what, value, se, low, high, level, method, effective_rows."""
        return self._among.at([self.place]).to_pandas()

    def to_json(self, indent: int | None = 2) -> str:
        """Every field as JSON; what is not finite is null."""
        return json.dumps(_record(self), indent=indent, ensure_ascii=False)

    def plot(self) -> Any:
        """The value and its interval, as a figure of matplotlib."""
        return self._among.at([self.place]).plot()

    @property
    def _among(self) -> Estimates:
        if self.among is None:
            raise DataError("this estimate was made by hand, without the call that it would come from")
        return self.among

    def _combined(self, other: object, sign: float) -> Estimate:
        if not isinstance(other, Estimate):
            raise DataError(
                f"an estimate is added to or subtracted from an estimate of the same call, not {other!r:.60}"
            )
        if other.among is not self.among or self.among is None:
            raise DataError(
                "these estimates come from different calls, which do not say how they vary together; ask for both in "
                "one, as estimate([...]) or contrast(...)"
            )
        weights = np.zeros(len(self.among))
        weights[self.place] += 1
        weights[other.place] += sign
        return self.among.contrast(weights, f"{self.what} {'+' if sign > 0 else '-'} {other.what}")

    def __sub__(self, other: Estimate) -> Estimate:
        return self._combined(other, -1.0)

    def __add__(self, other: Estimate) -> Estimate:
        return self._combined(other, 1.0)

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return line(self)

    def _repr_html_(self) -> str:
        return card([self], self.warnings, self.notes)


@dataclass(frozen=True, eq=False, repr=False)
class Estimates(Sequence[Estimate]):
    """Several numbers from one call, with how they vary together.

    `names` are those of the dict, the grid or the groups that were asked for. `bands` hold all true numbers at once in
    a share `level` of all data sets, `low` and `high` each its own.
    """

    answers: Answers
    asking: Asking
    what: tuple[str, ...]
    names: tuple[Any, ...] = ()
    scales: tuple[Scale, ...] = ()
    kind: str = ""  #: of contrast: difference, ratio, ...

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names) or self.what)
        object.__setattr__(self, "scales", tuple(self.scales) or (Plain(),) * len(self.what))

    @cached_property
    def covariance(self) -> Array:
        """Shape: (k, k)."""
        return covariance_of(self.answers)

    @cached_property
    def clusters(self) -> int | None:
        """How many clusters the rows come in; None where each is on its own."""
        return cluster_count(self.answers)

    @cached_property
    def freedom(self) -> float:
        """Degrees of freedom of the standard errors."""
        return freedom_of(self.answers)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done, in plain sentences."""
        if self.clusters is None:
            return self.answers.notes
        told = f"rows vary by {self.clusters} clusters; t with {self.clusters - 1} degrees of freedom"
        return (*self.answers.notes, told)

    @property
    def values(self) -> Array:
        """Shape: (k,).  Shares lie within 0 to 1."""
        return self._within(self.answers.values)

    @property
    def se(self) -> Array:
        """Standard errors.  Shape: (k,)."""
        found: Array = np.sqrt(np.clip(np.diag(self.covariance), 0, None))
        return found

    @cached_property
    def intervals(self) -> Array:
        """The interval of each number on its own.  Shape: (k, 2)."""
        draws = self.answers.draws
        found = self._reaching(critical_of(self.asking.level, self.freedom))
        if draws is not None:
            tail = (1 - self.asking.level) / 2
            percentiles = np.quantile(draws, [tail, 1 - tail], axis=0).T
            by_draws = np.array([scale.percentiles for scale in self.scales])
            found = np.where(by_draws[:, None], self._within(percentiles.T).T, found)
        return self._holding(found)

    @property
    def low(self) -> Array:
        """Shape: (k,)."""
        return self.intervals[:, 0]

    @property
    def high(self) -> Array:
        """Shape: (k,)."""
        return self.intervals[:, 1]

    @cached_property
    def bands(self) -> Array:
        """Intervals that hold all numbers at once, by the largest of their |t|.  Shape: (k, 2)."""
        return self._holding(
            self._reaching(at_once(self.covariance, self.asking.level, self.freedom, self.asking.seed))
        )

    def _holding(self, intervals: Array) -> Array:
        """Intervals that also hold whatever the part of the answer may be that rests on no rows.  Shape: (k, 2)."""
        unsure = self.answers.unsure
        if unsure is None:
            return intervals
        return self._within(np.stack([intervals[:, 0] - unsure[:, 0], intervals[:, 1] + unsure[:, 1]])).T

    def _within(self, values: Array) -> Array:
        """Values that stay where those of their scales can lie.  Shape: (..., k)."""
        lowest, highest = np.array([scale.reach for scale in self.scales]).T
        return np.asarray(np.clip(values, lowest, highest))

    def _reaching(self, critical: float) -> Array:
        rows = self.answers.effective_rows
        each = zip(self.scales, self.answers.values, self.se, rows, strict=True)
        return np.array([scale.interval(float(v), float(s), critical, float(r)) for scale, v, s, r in each])

    def contrast(self, weights: Sequence[float] | Array, what: str | None = None) -> Estimate:
        """The sum of the numbers, each times its weight.

        Raises DataError for another number of weights.
        """
        row = np.asarray(weights, dtype=np.float64)
        if row.shape != (len(self),) or not np.isfinite(row).all():
            raise DataError(f"{len(self)} estimates need {len(self)} finite weights, not {weights!r:.80}")
        told = what or " ".join(f"{w:+g} {name}" for w, name in zip(row, self.what, strict=True) if w)
        answers, open_ = self.answers, np.isinf(self.intervals)  # as of a quantile in a tail
        if open_.any():
            answers = replace(
                answers, unsure=np.where(open_, np.inf, 0.0 if answers.unsure is None else answers.unsure)
            )
        answers = answers.mapped(lambda values: values @ row[:, None], row[None], apart=False)
        return Estimates(answers, self.asking, (told or "0",), kind="difference").one(0)

    def at(self, places: Sequence[int]) -> Estimates:
        """Some of the numbers."""
        what, names, scales = (tuple(held[k] for k in places) for held in (self.what, self.names, self.scales))
        return Estimates(self.answers.at(places), self.asking, what, names, scales, self.kind)  # type: ignore[arg-type]

    def to_pandas(self) -> pd.DataFrame:
        """A row a number: name, value, se, low, high, band_low, band_high, level, method, effective_rows."""
        import pandas as pd

        columns = {"value": self.values, "se": self.se, "low": self.low, "high": self.high}
        columns |= {"band_low": self.bands[:, 0], "band_high": self.bands[:, 1]} if len(self) > 1 else {}
        rest = {
            "level": self.asking.level,
            "method": self.answers.method,
            "effective_rows": self.answers.effective_rows,
        }
        names = {"what": self.what} if self.names == self.what else {"name": list(self.names), "what": self.what}
        return pd.DataFrame({**names, **columns, **rest})

    def to_json(self, indent: int | None = 2) -> str:
        """A list of the estimates as JSON, each with its `band`; what is not finite is null."""
        bands = [[_finite(float(end)) for end in band] for band in self.bands]
        found = [{**_record(each), "band": band} for each, band in zip(self, bands, strict=True)]
        return json.dumps(found, indent=indent, ensure_ascii=False)

    def plot(self) -> Any:
        """The values with their intervals, and thinner those that hold all at once, as a figure of matplotlib."""
        return picture(self.names, self.what, self.values, self.intervals, self.bands, self.asking.level)

    def __len__(self) -> int:
        return len(self.what)

    def __iter__(self) -> Iterator[Estimate]:
        return (self.one(place) for place in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        """One estimate, by its place or the name that it was given; a slice gives some of them."""
        if isinstance(key, slice):
            return self.at(range(len(self))[key])
        if isinstance(key, str):
            if key not in self.names:
                raise KeyError(f"no estimate {key!r:.80}{near_misses(key, map(str, self.names))}")
            return self.one(self.names.index(key))
        return self.one(range(len(self))[operator.index(key)])

    def one(self, place: int) -> Estimate:
        """The estimate at a place."""
        answers, se = self.answers, float(self.se[place])
        value, (low, high) = float(self.values[place]), self.intervals[place]
        beyond = value != float(answers.values[place])
        outside = (f"the estimate of {self.what[place]} was {answers.values[place]:.4g}, outside 0 to 1",) * beyond
        return Estimate(
            self.what[place],
            value,
            se,
            float(low),
            float(high),
            float(self.asking.level),
            answers.method,
            float(answers.effective_rows[place]),
            float(answers.largest_share[place]),
            float(answers.corrections[place]) / se if se else 0.0,
            (*answers.warnings, *outside),
            self.notes,
            among=self,
            place=place,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before any of them is used."""
        return self.answers.warnings

    def warned(self, texts: Iterable[str]) -> Estimates:
        """The same with more warnings."""
        told = tuple(dict.fromkeys((*self.answers.warnings, *texts)))
        return self if told == self.warnings else replace(self, answers=replace(self.answers, warnings=told))

    def __repr__(self) -> str:
        return table(list(self), self.bands, self.warnings)

    def _repr_html_(self) -> str:
        return card(list(self), self.warnings, self.notes)


def _record(estimate: Estimate) -> dict[str, Any]:
    held = {each.name: getattr(estimate, each.name) for each in fields(estimate) if each.name not in ("among", "place")}
    return {name: _finite(value) for name, value in held.items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value

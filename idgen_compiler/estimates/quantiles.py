"""Means and quantiles together: a quantile is made from the means of the indicators 1(Y <= y)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.estimates.answers import Answering, Answers, joined
from idgen_compiler.estimates.covariance import covariance_of, critical_of, freedom_of
from idgen_compiler.estimates.measures import SHARE, Asking, Functional, Measure
from idgen_compiler.estimates.questions.asked import Point, Quantile
from idgen_compiler.estimates.scales import Plain, Scale, Share
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.hinge.samples import Samples

__all__ = ["Inverted", "answered", "inverse"]

DRAWS = 20_000
"""Samples from which the grid is taken, where nobody says n."""

FEW, FEW_WHOLE = 20, 50
"""An outcome of so many values, or fewer, is asked at each of them and nowhere else; more of whole numbers."""

COARSE, FINE = 13, 25
"""Points of the first grid, and of the one about the quantile."""

ATOM = 0.02
"""A value with such a share of the samples is a point mass."""


@dataclass(frozen=True)
class Inverted(Scale):
    """The interval of a quantile: every y at which F(y) = q is not rejected (Woodruff 1952).

    `heights` is the monotone distribution function at the values of `grid`, `se` the standard error of F where it is
    q. No density is estimated, and point masses do no harm: the interval begins at the first y whose F(y) reaches
    q - critical se, and ends at the first whose F(y) exceeds q + critical se. `least` and `most` are the heights that F
    may have where a part of it rests on no rows, and the interval holds every quantile between.

    >>> Inverted((1.0, 2.0, 3.0), (0.2, 0.7, 1.0), 0.5, 0.02, True).interval(2.0, 0.1, 1.96, 100)
    (2.0, 2.0)
    """

    grid: tuple[float, ...]
    heights: tuple[float, ...]
    q: float
    se: float
    steps: bool  #: F is a step function, with all of its steps in the grid
    least: tuple[float, ...] = ()
    most: tuple[float, ...] = ()

    percentiles = False

    def interval(self, value: float, se: float, critical: float, rows: float) -> tuple[float, float]:
        grid, reach = np.array(self.grid), critical * self.se
        least, most = np.array(self.least or self.heights), np.array(self.most or self.heights)
        low = float(inverse(grid, most, self.q - reach, self.steps))
        high = float(inverse(grid, least, np.nextafter(self.q + reach, 2.0), self.steps))
        if not self.steps and self.q - reach <= 0:
            low = -np.inf
        if not self.steps and self.q + reach >= least[-1]:
            high = np.inf
        return min(low, value), max(high, value)


def inverse(grid: Array, heights: Array, q: float, steps: bool) -> Array:
    """The first y at which distribution functions reach q, after they are made monotone by sorting.

    Sorting never takes an estimate further from the truth (Chernozhukov, Fernandez-Val and Galichon 2010). Between
    points of the grid it is linear unless the law is one of `steps`.  Shape: grid (g,), heights (..., g) -> (...)

    >>> inverse(np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.6, 0.4]), 0.5, False)
    array(1.5)
    """
    sorted_ = np.sort(heights, axis=-1)
    after = np.minimum((sorted_ < q - 1e-12).sum(axis=-1), len(grid) - 1)
    if steps:
        return np.asarray(grid[after])
    before = np.maximum(after - 1, 0)
    low = np.take_along_axis(sorted_, before[..., None], -1)[..., 0]
    high = np.take_along_axis(sorted_, after[..., None], -1)[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(high > low, np.clip((q - low) / (high - low), 0, 1), 1.0)
    part = np.where(np.nextafter(grid[before], np.inf) >= grid[after], 1.0, part)  # a point mass, and just below it
    return np.asarray(grid[before] + part * (grid[after] - grid[before]))


@dataclass(frozen=True, eq=False)
class _Curve:
    """A quantile that is wanted, and the values at which its distribution function is asked."""

    asked: Quantile
    point: Point
    drawn: Array  #: sorted samples of the outcome
    grid: Array
    steps: bool

    @classmethod
    def of(cls, asked: Quantile, point: Point, sampler: Answering, asking: Asking) -> _Curve:
        samples = point.probed(sampler, asking.n or DRAWS, asking.seed)
        drawn = np.sort(Functional(asked.column, lambda found: found[asked.column]).of(samples))
        values, counts = np.unique(drawn, return_counts=True)
        if len(values) <= (FEW_WHOLE if (values == np.round(values)).all() else FEW):
            return cls(asked, point, drawn, values, True)
        grid = np.quantile(drawn, [0.0, *np.linspace(0.02, 0.98, COARSE), asked.q, 1.0])
        atoms = values[counts >= max(ATOM * len(drawn), 2)]
        return cls(asked, point, drawn, np.unique([*grid, *atoms, *np.nextafter(atoms, -np.inf)]), False)

    def measures(self) -> list[Measure]:
        name = self.asked.column
        return [
            self.point.measure(
                Functional(
                    f"P({spelled(name)} <= {y:.6g})",
                    partial(_below, name, float(y)),
                    (name,),
                    ends=SHARE,
                    meaning=("at most", name, float(y)),
                )
            )
            for y in self.grid
        ]

    def error_of(self, heights: Array, covariance: Array, rows: float) -> float:
        """The standard error of F where F is q: sqrt(q (1 - q)) as often as it is sqrt(F (1 - F)) nearby."""
        spread = heights * (1 - heights)
        inside = np.flatnonzero((spread > 0) & (np.diag(covariance) > 0))
        own = self.asked.q * (1 - self.asked.q)
        if not len(inside):
            return float(np.sqrt(own / max(rows, 1.0)))
        near = inside[np.argmin(np.abs(heights[inside] - self.asked.q))]
        return float(np.sqrt(covariance[near, near] * own / spread[near]))

    def finer(self, answers: Answers, critical: float) -> _Curve:
        """The same with a grid of its own about the quantile, twice as wide as the interval."""
        heights = answers.values
        reach = 2 * critical * self.error_of(heights, covariance_of(answers), float(answers.effective_rows.min()))
        ends = [float(inverse(self.grid, heights, p, False)) for p in (self.asked.q - reach, self.asked.q + reach)]
        shares = np.searchsorted(self.drawn, ends, side="right") / len(self.drawn)
        finer = np.linspace(float(shares[0]), float(shares[1]), FINE)
        grid = np.setdiff1d(np.quantile(self.drawn, np.clip(finer, 0, 1)), self.grid)
        return replace(self, grid=grid)


def _below(name: str, y: float, samples: Samples) -> Array:
    return np.asarray(samples[name].astype(np.float64) <= y)


def answered(
    sampler: Answering, wanted: Sequence[tuple[Functional | Quantile, Point]], asking: Asking
) -> tuple[Answers, tuple[Scale, ...]]:
    """The answers for means and quantiles at their points, and on which scale each has its interval.

    Where there are quantiles the sampler is asked twice, the second time about them.
    """
    curves = {
        k: _Curve.of(asked, point, sampler, asking)
        for k, (asked, point) in enumerate(wanted)
        if isinstance(asked, Quantile)
    }
    measures = {k: p.measure(asked) for k, (asked, p) in enumerate(wanted) if isinstance(asked, Functional)}
    scales: dict[int, Scale] = {
        k: Share(m.functional.ends) if m.functional.ends else Plain() for k, m in measures.items()
    }
    if not curves:
        return sampler._answers(list(measures.values()), asking), tuple(scales[k] for k in range(len(wanted)))
    lists = {k: [measures[k]] if k in measures else curves[k].measures() for k in range(len(wanted))}
    answers = sampler._answers([each for found in lists.values() for each in found], asking)
    ends = np.cumsum([0, *map(len, lists.values())])
    columns = {k: np.arange(ends[k], ends[k + 1]) for k in lists}
    critical = critical_of(asking.level, freedom_of(answers))
    finer = {k: c.finer(answers.at(columns[k].tolist()), critical) for k, c in curves.items() if not c.steps}
    if more := [each for curve in finer.values() for each in curve.measures()]:
        start, answers = answers.size, joined(answers, sampler._answers(more, asking))
        for k, curve in finer.items():
            added = np.arange(start, start + len(curve.grid))
            start += len(curve.grid)
            grid, places = np.append(curves[k].grid, curve.grid), np.append(columns[k], added)
            order = np.argsort(grid)
            curves[k], columns[k] = replace(curves[k], grid=grid[order]), places[order]
    return _inverted(answers, curves, columns, scales, critical)


def _inverted(
    answers: Answers, curves: dict[int, _Curve], columns: dict[int, Array], scales: dict[int, Scale], critical: float
) -> tuple[Answers, tuple[Scale, ...]]:
    """Quantiles in the place of their distribution functions.

    The influence of a quantile is that of F at it, over the density that the interval's width implies, as far as
    samples reach where the interval does not end.
    """
    covariance = covariance_of(answers)
    slopes = np.zeros((len(columns), answers.size))
    for k, places in columns.items():
        if k not in curves:
            slopes[k, places] = 1.0
            continue
        curve, own = curves[k], covariance[np.ix_(places, places)]
        heights = np.sort(answers.values[places])
        se = curve.error_of(answers.values[places], own, float(answers.effective_rows[places].min()))
        ends = () if answers.unsure is None else _between(answers.values[places], answers.unsure[places])
        scale = Inverted(tuple(curve.grid.tolist()), tuple(heights.tolist()), curve.asked.q, se, curve.steps, *ends)
        value = float(inverse(curve.grid, heights, curve.asked.q, curve.steps))
        reach = _half(value, scale.interval(value, se, critical, 0.0), curve.grid)
        spread = np.where(np.diag(own) > 0, np.abs(answers.values[places] - curve.asked.q), np.inf)
        near = int(np.argmin(spread))
        if np.isfinite(spread[near]):
            slopes[k, places[near]] = -reach / critical / np.sqrt(own[near, near])
        scales[k] = scale

    def function(values: Array) -> Array:
        found = [
            inverse(curves[k].grid, values[..., places], curves[k].asked.q, curves[k].steps)
            if k in curves
            else values[..., places[0]]
            for k, places in columns.items()
        ]
        return np.stack(found, axis=-1)

    found = answers.mapped(function, slopes)
    if found.unsure is not None:  # intervals of quantiles hold it by themselves
        means = np.array([k not in curves for k in columns])
        found = replace(found, unsure=found.unsure * means[:, None])
    return found, tuple(scales[k] for k in columns)


def _half(value: float, ends: tuple[float, float], grid: Array) -> float:
    """Half of an interval; of a side without an end what samples reach, but a step, and the other side, at least."""
    sides = np.array([value - ends[0], ends[1] - value])
    open_ = ~np.isfinite(sides)
    if open_.any() and len(grid) > 1:
        least = float(sides[~open_].max(initial=float(min(np.diff(grid)[0], np.diff(grid)[-1]))))
        sides = np.where(open_, np.maximum([value - grid[0], grid[-1] - value], least), sides)
    return float(sides.mean()) if np.isfinite(sides).all() else 0.0


def _between(heights: Array, unsure: Array) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The heights that a distribution function may have.  Shape: heights (g,), unsure (g, 2) -> (g,) each."""
    least, most = np.clip(heights - unsure[:, 0], 0, 1), np.clip(heights + unsure[:, 1], 0, 1)
    return tuple(np.sort(least).tolist()), tuple(np.sort(most).tolist())

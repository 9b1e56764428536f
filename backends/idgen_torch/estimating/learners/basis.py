"""Smooth functions of features as columns: lines, splines and products, each with a weight for its roughness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Basis"]

COLUMNS = 240  # at most, apart from those of the features themselves
ROWS = 6  # a column of splines or products for so many rows at least
KNOTS = 6
LEVELS = 8  # categories of more levels take no part in products
ROUGHNESS = (1.0, 0.5, 0.25, 0.12, 0.06)  # what a column of splines is multiplied by: the smaller, the more penalized


@dataclass(frozen=True, eq=False)
class Basis:
    """Columns of features, as training rows scale them: (rows, columns), of mean 0 and a standard deviation up to 1.

    Numbers are held to the range of the training rows, so that nothing is extrapolated.  Splines are cubic with knots
    at quantiles, made orthogonal to the line and ordered from smooth to rough; products are those of two features'
    smoothest columns.
    Source: a tensor product of reproducing spaces, truncated (Gu 2013, section 2.4).
    """

    curves: tuple[Curve, ...]
    sizes: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]  #: columns that are multiplied
    center: Array
    scale: Array

    @classmethod
    def of(cls, design: Design, target: Array, weights: Array, smooth: bool) -> Basis:
        """The basis for these rows: with splines and products where `smooth`, as many as the rows can bear."""
        room = min(COLUMNS, len(design) // ROWS) if smooth else 0
        extra = min(KNOTS - 1, room // max(1, 2 * design.numbers.shape[1]))
        curves = tuple(Curve.of(column, extra) for column in design.numbers.T)
        blank = cls(curves, design.sizes, (), np.zeros(0), np.ones(0))
        single, owner, order = blank._singles(design)
        pairs = _pairs(single, owner, order, target, room - extra * design.numbers.shape[1]) if room else ()
        columns = np.column_stack([single, *(single[:, [a]] * single[:, [b]] for a, b in pairs)])
        center = np.average(columns, axis=0, weights=weights)
        spread = np.sqrt(np.average((columns - center) ** 2, axis=0, weights=weights))
        rough = np.array(
            [ROUGHNESS[k] for k in order] + [ROUGHNESS[order[a]] * ROUGHNESS[order[b]] / 2 for a, b in pairs]
        )
        keep = spread > 1e-9
        # A level keeps its own spread: rare ones are penalized more.
        level = np.array([o >= len(curves) for o in owner] + [False] * len(pairs), dtype=bool)
        scale = np.where(keep, rough / np.where(keep, spread, 1.0), 0.0)
        return cls(curves, design.sizes, pairs, center, np.where(level & keep, 1.0, scale))

    def at(self, design: Design) -> Array:
        """The columns of other rows."""
        single, _, _ = self._singles(design)
        left, right = ([pair[k] for pair in self.pairs] for k in (0, 1))
        columns = np.column_stack([single, single[:, left] * single[:, right]])
        return np.asarray((columns - self.center) * self.scale)

    def _singles(self, design: Design) -> tuple[Array, list[int], list[int]]:
        """Columns of one feature each, which feature that is, and how rough they are (0: a line or a level)."""
        parts, owner, order = [np.empty((len(design), 0))], list[int](), list[int]()
        for k, curve in enumerate(self.curves):
            parts.append(curve.at(design.numbers[:, k]))
            owner += [k] * parts[-1].shape[1]
            order += range(parts[-1].shape[1])
        for k, size in enumerate(self.sizes):
            parts.append(np.eye(size)[design.codes[:, k]])
            owner += [len(self.curves) + k] * size
            order += [0] * size
        return np.column_stack(parts), owner, order


@dataclass(frozen=True, eq=False)
class Curve:
    """One number as a line and splines: z, and B-splines of z less their projection on the line, turned by `mixing`."""

    low: float
    high: float
    middle: float
    spread: float
    knots: Array
    line: Array  #: (2, splines): intercept and slope of each spline
    mixing: Array  #: (splines, columns)

    @classmethod
    def of(cls, values: Array, extra: int) -> Curve:
        """The curve of these values, with up to `extra` columns of splines."""
        low, high, middle, spread = float(values.min()), float(values.max()), float(values.mean()), float(values.std())
        blank = cls(low, high, middle, spread or 1.0, np.empty(0), np.empty((2, 0)), np.empty((0, 0)))
        knots: Array = np.asarray(np.unique(np.quantile(values, np.linspace(0, 1, KNOTS))), np.float64)
        if extra < 1 or len(knots) < 4:
            return blank
        knots = (knots - middle) / blank.spread
        z = blank._z(values)
        splines = _splines(z, knots)
        line = np.linalg.lstsq(np.column_stack([np.ones(len(z)), z]), splines, rcond=None)[0]
        rest = splines - np.column_stack([np.ones(len(z)), z]) @ line
        size, vectors = np.linalg.eigh(rest.T @ rest / len(z))
        kept = [k for k in np.argsort(-size)[: min(extra, len(ROUGHNESS) - 1)] if size[k] > 1e-6 * size.max()]
        mixing = np.asarray(vectors[:, kept] / np.sqrt(size[kept]), np.float64)
        return cls(low, high, middle, blank.spread, knots, np.asarray(line), mixing)

    def at(self, values: Array) -> Array:
        """(rows, 1 + columns of splines)."""
        z = self._z(values)
        if not len(self.knots):
            return z[:, None]
        rest = _splines(z, self.knots) - np.column_stack([np.ones(len(z)), z]) @ self.line
        return np.column_stack([z, rest @ self.mixing])

    def _z(self, values: Array) -> Array:
        return np.asarray((np.clip(values, self.low, self.high) - self.middle) / self.spread)


def _splines(z: Array, knots: Array) -> Array:
    """Cubic B-splines on these knots: (rows, knots + 2)."""
    from scipy.interpolate import BSpline

    padded = np.concatenate([[knots[0]] * 3, knots, [knots[-1]] * 3])
    return np.asarray(BSpline(padded, np.eye(len(knots) + 2), 3)(np.clip(z, knots[0], knots[-1])))


def _pairs(
    single: Array, owner: Sequence[int], order: Sequence[int], target: Array, room: int
) -> tuple[tuple[int, int], ...]:
    """Columns to multiply: lines and levels of two features, then a line and a first curve; the promising ones first.

    A feature promises as much as the squared correlation of its columns with the target.
    """
    centered, y = single - single.mean(0), target - target.mean(0)
    size = np.sqrt((centered**2).sum(0))[:, None] * np.sqrt((y**2).sum(0)) + 1e-12
    worth = ((centered.T @ y / size) ** 2).max(1, initial=0.0)
    promise = {o: max(worth[k] for k, p in enumerate(owner) if p == o) for o in set(owner)}
    levels = {o: sum(1 for p, q in zip(owner, order, strict=True) if p == o and q == 0) for o in promise}
    usable = [k for k, o in enumerate(owner) if order[k] <= 1 and levels[o] <= LEVELS]
    candidates = [
        (order[a] + order[b], -promise[owner[a]] - promise[owner[b]], a, b)
        for a, b in combinations(usable, 2)
        if owner[a] != owner[b] and order[a] + order[b] <= 1
    ]
    return tuple((a, b) for *_, a, b in sorted(candidates)[: max(0, room)])

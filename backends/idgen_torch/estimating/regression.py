"""E[y | x], cross-fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from idgen_compiler.errors import DataError
from idgen_torch.estimating.crossed import Crossed, crossed, one_thread, weights_of
from idgen_torch.estimating.design import Design
from idgen_torch.estimating.fitted import Fitted, Members
from idgen_torch.estimating.folds import Folds
from idgen_torch.estimating.learners import Array, BoostedMeans, CellMeans, Forest, Learner, Ridge
from idgen_torch.estimating.stacking import shares_by_squares

__all__ = ["MEANS", "TOGETHER", "regression"]

MEANS: tuple[Learner, ...] = (
    CellMeans(saturated=False),
    CellMeans(),
    Ridge("linear"),
    Ridge("splines"),
    Ridge("kernel"),
    BoostedMeans(leaves=4),
    BoostedMeans(leaves=14, trees=130),
)
"""The candidates: the constant, cell means, lines, splines with products, a kernel, shallow and deeper trees."""

MANY = 4
"""Of more outcomes at once, each with boosted trees of its own would take ten times as long as all the rest."""

TOGETHER: tuple[Learner, ...] = (*(each for each in MEANS if not isinstance(each, BoostedMeans)), Forest())
"""The candidates for so many outcomes, with a forest that has the means of all in its leaves."""


def regression(
    design: Design,
    y: ArrayLike,
    folds: Folds,
    weights: ArrayLike | None = None,
    bounds: tuple[float, float] | None = None,
    learners: Sequence[Learner] | None = None,
) -> Fitted:
    """E[y | x] as that combination of candidates that has the smallest squared loss on rows that they did not see.

    y: (rows,) or (rows, m), m outcomes at once, in any units; predictions are held within `bounds`.
    weights: (rows,) at least 0, up to a factor. Rows of weight 0 teach nothing and are predicted like all others: with
    the weight 1 in one arm of a treatment and 0 elsewhere, `own` is E[y | x, arm] at every row.
    learners: the candidates; `MEANS` when left out, or `TOGETHER` for more than `MANY` outcomes.

    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 60)
    >>> fit = regression(Design.of({"x": x}), 3 * x + 1, Folds(60, k=3, seed=0))
    >>> fit.at(Design.of({"x": np.array([0.5])})).round(2).tolist()
    [[2.5], [2.5], [2.5]]

    Raises:
        DataError: `y` is NaN, lies outside of `bounds`, or has another length than the design, folds or weights.
    """
    outcomes = _outcomes(y, design, folds, bounds)
    scale = weights_of(weights, len(design))
    center = np.average(outcomes, axis=0, weights=scale)
    spread = np.sqrt(np.average((outcomes - center) ** 2, axis=0, weights=scale))
    # An outcome that does not vary is its mean, whatever the candidates make of rounding.
    varies = spread > 1e-12 * (1 + np.abs(center))
    spread = np.where(varies, spread, 1.0)
    target = (outcomes - center) / spread
    if learners is None:
        learners = MEANS if len(center) <= MANY else TOGETHER
    with one_thread():
        found = crossed(learners, design, target, scale, folds.of, folds.k)
    members = tuple(_members(found if varies[j] else found[:1], j, target[:, j], scale) for j in range(len(center)))
    predictor = Stack(members, center, spread, bounds, np.ndim(y) == 1)
    own = predictor.own
    reference = own if own.ndim == 2 else own[:, None]
    return Fitted(
        own,
        folds,
        "; ".join(member.text for member in members),
        float(np.mean(np.average((outcomes - reference) ** 2, axis=0, weights=scale))),
        {c.name: float(np.mean(_losses(c, target, scale).min(0) * spread**2)) for c in found},
        predictor,
        design.rows(slice(0)),
    )


@dataclass(frozen=True, eq=False)
class Stack:
    """The members of each outcome, which are learned in standard units."""

    members: tuple[Members, ...]
    center: Array
    spread: Array
    bounds: tuple[float, float] | None
    single: bool

    def of(self, fold: int, design: Design) -> Array:
        return self._mixed(len(design), lambda member, settings: member.paths[fold].at(design, settings))

    @property
    def own(self) -> Array:
        """Predictions for the rows of each fold, by models that did not see it."""
        return self._mixed(len(self.members[0].crossed[0].held[0]), lambda member, settings: member.held[settings])

    def _mixed(self, rows: int, said: Callable[[Crossed, list[int]], Array]) -> Array:
        """The members of each outcome by their shares; each candidate speaks once.  `said`: (settings, rows, m)."""
        total = np.zeros((rows, len(self.members)))
        uses: dict[Crossed, list[tuple[int, int, float]]] = {}
        for j, m in enumerate(self.members):
            for member, setting, share in zip(m.crossed, m.settings, m.shares, strict=True):
                uses.setdefault(member, []).append((setting, j, share))
        for member, used in uses.items():
            settings = sorted({setting for setting, _, _ in used})
            values = said(member, settings)
            for setting, j, share in used:
                total[:, j] += share * values[settings.index(setting), :, j]
        return self.scaled(total)

    def scaled(self, standard: Array) -> Array:
        """In the outcomes' units and bounds."""
        values = standard * self.spread + self.center
        if self.bounds is not None:
            values = np.clip(values, *self.bounds)
        return np.asarray(values[:, 0] if self.single else values)


def _outcomes(y: ArrayLike, design: Design, folds: Folds, bounds: tuple[float, float] | None) -> Array:
    array = np.asarray(y, dtype=np.float64)
    if array.ndim not in (1, 2) or len(array) != len(design) or array.shape[1:] == (0,):
        raise DataError(
            f"the outcome has shape {array.shape}; {len(design)} rows of features have ({len(design)},) or (..., m)"
        )
    if folds.n != len(design):
        raise DataError(f"the folds are those of {folds.n} rows; the design has {len(design)}")
    if not np.isfinite(array).all():
        raise DataError(
            "the outcome holds NaN or infinity; drop these rows first, or give them the weight 0 and a number"
        )
    if bounds is not None and not (bounds[0] <= array.min() and array.max() <= bounds[1]):
        raise DataError(f"the outcome lies in {array.min():g} to {array.max():g}, not within the bounds {bounds}")
    return array.reshape(len(array), -1)


def _losses(candidate: Crossed, target: Array, weights: Array) -> Array:
    """(settings, outcomes)."""
    return np.asarray(np.einsum("i,sij->sj", weights / weights.sum(), (candidate.held - target) ** 2))


def _members(candidates: Sequence[Crossed], j: int, y: Array, weights: Array) -> Members:
    """Each candidate at its best setting for outcome j, and the shares of all."""
    settings = [int((((c.held[:, :, j] - y) ** 2) @ weights).argmin()) for c in candidates]
    held = np.stack([c.held[setting, :, j] for c, setting in zip(candidates, settings, strict=True)])
    return Members.kept(candidates, settings, shares_by_squares(held, y, weights))

"""P(label | x), cross-fitted and calibrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from idgen_compiler.errors import DataError
from idgen_torch.estimating.crossed import crossed, one_thread, weights_of
from idgen_torch.estimating.design import Design
from idgen_torch.estimating.fitted import Fitted, Members
from idgen_torch.estimating.folds import Folds
from idgen_torch.estimating.learners import Array, BoostedClasses, CellClasses, Codes, Learner, Logistic
from idgen_torch.estimating.stacking import calibrated, calibration, shares_by_log_loss

__all__ = ["CLASSES", "Mixture", "mixed", "propensity"]

CLASSES: tuple[Learner, ...] = (
    CellClasses(saturated=False),
    CellClasses(),
    Logistic("linear"),
    Logistic("splines"),
    Logistic("kernel", penalties=(0.1, 0.01, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5)),
    BoostedClasses(leaves=4),
    BoostedClasses(leaves=10, trees=90),
)
"""The candidates: the constant, shares of cells, lines, splines with products, a kernel, shallow and deeper trees."""


def propensity(
    design: Design,
    label: ArrayLike,
    folds: Folds,
    weights: ArrayLike | None = None,
    classes: int | None = None,
    learners: Sequence[Learner] = CLASSES,
) -> Fitted:
    """P(label | x), `own` being (rows, classes): the calibrated mixture of candidates with the least held-out log loss.

    label: (rows,) codes 0 ... classes - 1, or booleans; `classes` where the last of them may be missing.  No
    probability is 0: each is mixed with the shares of all rows, which get the weight of one row.

    >>> import numpy as np
    >>> x = np.repeat([0, 1], 40)
    >>> label = np.tile([0, 0, 0, 1], 20) ^ x
    >>> fit = propensity(Design.of({"x": x}, sizes={"x": 2}), label, Folds(80, k=4, seed=0))
    >>> fit.own.shape, bool(abs(fit.own[0, 1] - 0.25) < 0.1)
    ((80, 2), True)

    Raises:
        DataError: labels are no such codes, or differ in length from the design, folds or weights.
    """
    codes, count = _codes(label, classes, design, folds)
    scale = weights_of(weights, len(design))
    mixture, own, losses = mixed(learners, design, codes, count, scale, folds.of, folds.k)
    loss = -float(np.average(np.log(own[np.arange(len(codes)), codes]), weights=scale))
    return Fitted(own, folds, mixture.members.text, loss, losses, mixture, design.rows(slice(0)))


@dataclass(frozen=True, eq=False)
class Mixture:
    """Members whose mixture is calibrated; `floor` (classes,) is added to what they say, so that nothing is 0."""

    members: Members
    floor: Array
    free: Array

    def of(self, fold: int, design: Design) -> Array:
        return self.finished(self.members.of(fold, design))

    def finished(self, mixed: Array) -> Array:
        """Calibrated and positive."""
        return calibrated(_above(mixed, self.floor), self.free)


def mixed(
    learners: Sequence[Learner], design: Design, codes: Codes, classes: int, weights: Array, fold: Codes, k: int
) -> tuple[Mixture, Array, dict[str, float]]:
    """The mixture, what it says about its own rows, and each candidate's held-out log loss."""
    target, rows = np.eye(classes)[codes], np.arange(len(codes))
    prior = (weights @ target + 0.5) / (weights.sum() + 0.5 * classes)
    floor = prior / weights.sum()
    one = len(np.unique(codes[weights > 0])) < 2
    with one_thread():
        found = crossed(learners[:1] if one else learners, design, target, weights, fold, k)
    likelihoods = [_above(c.held, floor)[:, rows, codes] for c in found]
    losses = [-(np.log(likely) @ weights) / weights.sum() for likely in likelihoods]
    settings = [int(loss.argmin()) for loss in losses]
    best = np.stack([likely[setting] for likely, setting in zip(likelihoods, settings, strict=True)])
    members = Members.kept(found, settings, shares_by_log_loss(best, weights))
    held = _above(members.held, floor)
    free = np.zeros(classes) if one else calibration(held, codes, weights)
    mixture = Mixture(members, floor, free)
    return (
        mixture,
        mixture.finished(members.held),
        {c.name: float(loss.min()) for c, loss in zip(found, losses, strict=True)},
    )


def _above(probabilities: Array, floor: Array) -> Array:
    return np.asarray((probabilities + floor) / (1 + floor.sum()))


def _codes(label: ArrayLike, classes: int | None, design: Design, folds: Folds) -> tuple[Codes, int]:
    array = np.asarray(label)
    if array.shape != (len(design),):
        raise DataError(f"labels have shape {array.shape}; {len(design)} rows of features have {len(design)} of them")
    if folds.n != len(design):
        raise DataError(f"the folds are those of {folds.n} rows; the design has {len(design)}")
    if array.dtype.kind not in "biu":
        raise DataError(f"labels hold {array.dtype}; they are codes 0, 1, ... or booleans")
    codes = array.astype(np.int64)
    count = max(2, int(codes.max()) + 1) if classes is None else classes
    if codes.min() < 0 or codes.max() >= count:
        raise DataError(
            f"labels go from {codes.min()} to {codes.max()}; {count} classes have the codes 0 to {count - 1}"
        )
    return codes, count

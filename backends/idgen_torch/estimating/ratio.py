"""How much denser the rows asked about are than the real ones, cross-fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from idgen_compiler.errors import DataError
from idgen_torch.estimating.crossed import weights_of
from idgen_torch.estimating.design import Design
from idgen_torch.estimating.fitted import Fitted
from idgen_torch.estimating.folds import Folds
from idgen_torch.estimating.learners import Array, Codes, Learner
from idgen_torch.estimating.propensity import CLASSES, Mixture, mixed

__all__ = ["Ratio", "ratio"]


@dataclass(frozen=True, eq=False)
class Ratio(Fitted):
    """Positive weights with mean 1 over the real rows, `own` (real rows,)."""

    effective_rows: float  #: (sum w)^2 / sum w^2, Kish (1965); times the rows' own weights where they have some
    largest_share: float  #: what the heaviest row has of all weight
    factor: float  #: by which the odds were scaled: above 1 where some asked rows have no real ones near


def ratio(
    real: Design,
    asked: Design,
    folds: Folds,
    weights: ArrayLike | None = None,
    origin: ArrayLike | None = None,
    asked_folds: ArrayLike | None = None,
    learners: Sequence[Learner] = CLASSES,
) -> Ratio:
    """w(x) = density of the asked rows / density of the real rows, by a calibrated classifier between them.

    Asked rows may be fewer or more than the real ones.  `origin` (asked rows,) says from which real row each comes;
    then it is held out with that row, and no model that speaks about a row has seen what came from it; or `asked_folds`
    (asked rows,) says the fold itself.
    weights: (real rows,) of the real rows.  The odds of the classifier, with both sides of equal weight, are the ratio;
    they are scaled so that their mean over the real rows is 1.
    Source: Sugiyama, Suzuki and Kanamori (2012), section 4.

    >>> import numpy as np
    >>> real, asked = (Design.of({"x": np.repeat([0, 1], n)}, sizes={"x": 2}) for n in ([30, 30], [10, 30]))
    >>> fit = ratio(real, asked, Folds(60, k=3, seed=0))
    >>> bool(fit.own[0] < 0.7 < 1.2 < fit.own[-1]), round(float(fit.own.mean()), 6)
    (True, 1.0)

    Raises:
        DataError: the two have other columns, one has no rows, or `origin` or `weights` have another length.
    """
    real.require_like(asked)
    if folds.n != len(real):
        raise DataError(f"the folds are those of {folds.n} rows; there are {len(real)} real rows")
    scale = weights_of(weights, len(real))
    own_folds = _folds(asked, folds, origin) if asked_folds is None else np.asarray(asked_folds, dtype=np.int64)
    fold = np.concatenate([folds.of, own_folds])
    sides = np.concatenate([scale, np.full(len(asked), len(real) / len(asked))])
    label = np.repeat(np.array([0, 1]), [len(real), len(asked)])
    mixture, own, losses = mixed(learners, real.above(asked), label, 2, sides, fold, folds.k)
    loss = -float(np.average(np.log(own[np.arange(len(label)), label]), weights=sides))
    odds = own[: len(real), 1] / own[: len(real), 0]
    factor = 1 / float(np.average(odds, weights=scale))
    mass = scale * odds * factor
    return Ratio(
        odds * factor,
        folds,
        mixture.members.text,
        loss,
        losses,
        Odds(mixture, factor),
        real.rows(slice(0)),
        float(mass.sum() ** 2 / (mass**2).sum()),
        float(mass.max() / mass.sum()),
        factor,
    )


@dataclass(frozen=True, eq=False)
class Odds:
    """The odds of a mixture of two classes, scaled."""

    mixture: Mixture
    factor: float

    def of(self, fold: int, design: Design) -> Array:
        p = self.mixture.of(fold, design)
        return np.asarray(p[:, 1] / p[:, 0] * self.factor)


def _folds(asked: Design, folds: Folds, origin: ArrayLike | None) -> Codes:
    """The fold of each asked row: its origin's, or one of its own."""
    if not len(asked):
        raise DataError("there are no asked rows; a ratio needs some on both sides")
    if origin is None:
        if len(asked) < folds.k:
            raise DataError(f"{len(asked)} asked rows make no {folds.k} folds; ask about more, or take fewer folds")
        return Folds(len(asked), folds.k, folds.seed).of
    index = np.asarray(origin)
    if index.shape != (len(asked),) or index.dtype.kind not in "iu":
        raise DataError(
            f"origin is {index.dtype} {index.shape}; it holds a real row's index for each of {len(asked)} rows"
        )
    if index.min() < 0 or index.max() >= folds.n:
        raise DataError(
            f"origin has indices {index.min()} to {index.max()}; the {folds.n} real rows are 0 to {folds.n - 1}"
        )
    return np.asarray(folds.of[index])

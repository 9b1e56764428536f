"""How much each candidate is believed, by what it said about rows that it did not see."""

from __future__ import annotations

import numpy as np

from idgen_torch.estimating.learners import Array

__all__ = ["calibration", "calibrated", "shares_by_log_loss", "shares_by_squares"]

LEAST = 0.02  # a smaller share is left out: it moves nothing and costs a prediction
HOLD = 20.0  # so many rows say that shares of means have the sum 1
PRIOR = 0.3  # standard deviation of what a calibration is expected to change, in log-odds


def shares_by_squares(predictions: Array, y: Array, weights: Array) -> Array:
    """(candidates,) shares, at least 0 with a sum near 1, of the smallest weighted squared loss.

    predictions: (candidates, rows), and `y` (rows,), both from the mean of y. Where all candidates flatten what they
    learn, a sum above 1 undoes it; a prior worth 20 rows keeps few rows from moving the sum much.
    Source: Breiman (1996), stacked regressions; van der Laan, Polley and Hubbard (2007), the super learner; on the
    predictions of one cross-fitting it is the short-stacking of Ahrens et al. (2025).
    """
    from scipy.optimize import nnls

    root, even = np.sqrt(weights), np.full(len(predictions), 1 / len(predictions))
    hold = np.sqrt(HOLD * np.average(y**2, weights=weights))
    if not hold > 0:
        return even
    found = nnls(np.vstack([(predictions * root).T, np.full(len(even), hold)]), np.append(y * root, hold))[0]
    return _pruned(found)


def shares_by_log_loss(likelihoods: Array, weights: Array) -> Array:
    """(candidates,) shares of the mixture with the largest weighted log likelihood, a concave problem.

    likelihoods: (candidates, rows), the probability that each gave to what happened; positive.
    """
    from scipy.optimize import minimize

    even = np.full(len(likelihoods), 1 / len(likelihoods))
    if len(even) == 1:
        return even
    share = weights / weights.sum()

    def loss(shares: Array) -> tuple[float, Array]:
        mixed = np.maximum(shares @ likelihoods, 1e-300)
        return -float(share @ np.log(mixed)), -likelihoods @ (share / mixed)

    found = minimize(
        loss,
        even,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * len(even),
        constraints={"type": "eq", "fun": lambda s: s.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-9},
    )
    # The best candidate alone is a mixture too: what the search leaves must not be worse.
    best = np.eye(len(even))[int((np.log(likelihoods) @ share).argmax())]
    chosen = min(np.maximum(found.x, 0), best, key=lambda shares: loss(shares)[0])
    return _pruned(chosen / chosen.sum())


def _pruned(shares: Array) -> Array:
    total = shares.sum()
    kept = np.where(shares >= min(LEAST * total, shares.max()), shares, 0.0)
    if not kept.any():  # none explains anything
        kept = np.eye(len(kept))[0]
        total = 1.0
    return np.asarray(kept * (total / kept.sum()))


def calibration(probabilities: Array, label: np.ndarray, weights: Array) -> Array:
    """(classes,) a log slope and the shifts of all classes but the first that fit best what happened.

    probabilities: (rows, classes), positive.  A normal prior of standard deviation .3 keeps few rows from moving much.
    Source: Platt (1999); Guo et al. (2017), section 4.2, for several classes.
    """
    from scipy.optimize import minimize

    scores, rows = np.log(probabilities), np.arange(len(label))
    hit = np.eye(probabilities.shape[1])[label]

    def loss(free: Array) -> tuple[float, Array]:
        p = calibrated(probabilities, free)
        slope = np.exp(free[0])
        miss = (p - hit) * weights[:, None]
        value = -(weights * np.log(p[rows, label])).sum() + (free**2).sum() / (2 * PRIOR**2)
        gradient = np.concatenate([[slope * (miss * scores).sum()], miss[:, 1:].sum(0)]) + free / PRIOR**2
        return float(value), gradient

    found = minimize(loss, np.zeros(probabilities.shape[1]), jac=True, method="L-BFGS-B", bounds=None)
    return np.asarray(found.x if found.fun <= loss(np.zeros_like(found.x))[0] else np.zeros_like(found.x))


def calibrated(probabilities: Array, free: Array) -> Array:
    """Softmax of slope * log p + shifts."""
    from scipy.special import softmax

    shifts = np.concatenate([[0.0], free[1:]])
    return np.asarray(softmax(np.exp(free[0]) * np.log(probabilities) + shifts, axis=-1))

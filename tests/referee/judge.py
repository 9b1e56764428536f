"""How far an answer is from the truth: distances of laws, errors of numbers, and what an interval holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["distances", "number", "total_variation"]

Array = NDArray[Any]


def distances(drawn: Array, truth: Array) -> dict[str, float]:
    """W1 and the error of the mean in standard deviations of the truth, and the Kolmogorov-Smirnov distance.

    Shape: (n,), (m,); the truth sorted. What is drawn must be finite.
    """
    drawn = np.sort(np.asarray(drawn, dtype=float))
    if not len(drawn) or not np.isfinite(drawn).all():
        raise ValueError(f"{(~np.isfinite(drawn)).sum()} of {len(drawn)} samples are no finite numbers")
    both = np.concatenate([drawn, truth])
    both.sort()
    below, under = (np.searchsorted(law, both, side="right") / len(law) for law in (drawn, truth))
    scale = truth.std()
    return {
        "W1": float((np.abs(below - under)[:-1] * np.diff(both)).sum() / scale),
        "KS": float(np.abs(below - under).max()),
        "mean error": float(abs(drawn.mean() - truth.mean()) / scale),
    }


def total_variation(found: Array, truth: Array) -> float:
    """Half the sum of the absolute differences of two laws on the same cells.  Raises ValueError for other cells."""
    found = np.asarray(found, dtype=float)
    if found.shape != truth.shape or not np.isfinite(found).all():
        raise ValueError(f"chances of shape {found.shape} in the place of {truth.shape}, or not finite")
    return float(np.abs(found - truth).sum() / 2)


def number(contrast: Sequence[float] | None, truth: float, scale: float) -> dict[str, Any]:
    """The error of a number in units of `scale`, and what its interval, where there is one, covers and spans."""
    if contrast is None or not np.isfinite(contrast[0]):
        return {}
    value, low, high = contrast
    found: dict[str, Any] = {"error": abs(value - truth) / scale}
    if np.isfinite([low, high]).all():
        found |= {"covered": bool(low <= truth <= high), "width": (high - low) / scale}
    return found

"""The discrete Napkin-MNIST attributes and their exact truth, in numpy.

Source: Rahman, Jordan and Kocaoglu, "Conditional Generative Models are Sufficient to Sample from Any Causal Effect Estimand"
(NeurIPS 2024), appendix F.2.1. Colours: red, green, blue, yellow, magenta, cyan; thickness: thin, regular, thick.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLORS", "DIGITS", "SIZES", "THICKNESSES", "attributes", "truth"]

COLORS = ("red", "green", "blue", "yellow", "magenta", "cyan")
THICKNESSES = ("thin", "regular", "thick")
DIGITS = tuple(range(10))
SIZES = {
    **{f"{v}.digit": 10 for v in ("W1", "W2", "X", "Y")},
    **{f"{v}.color": 6 for v in ("W1", "Y")},
    **{f"{v}.color": 2 for v in ("W2", "X")},
    **{f"{v}.thickness": 3 for v in ("W1", "X", "Y")},
}


def attributes(rows: int, seed: int, noise: float = 0.1) -> dict[str, NDArray[np.int64]]:
    """Codes of all eleven attributes, named like "W1.digit".  Shape of each: (rows,)."""
    rng = np.random.default_rng(seed)

    def uniform(size: int) -> NDArray[np.int64]:
        return rng.integers(size, size=rows)

    def noisy(value: NDArray[np.int64], size: int) -> NDArray[np.int64]:
        return np.where(rng.random(rows) < noise, uniform(size), value)

    color, thickness = uniform(6), uniform(3)
    w1 = uniform(10), noisy(color, 6), noisy(thickness, 3)
    w2 = noisy(w1[0], 10), noisy((w1[1] > 2).astype(np.int64), 2)
    x = noisy(w2[0], 10), noisy(w2[1], 2), noisy(thickness, 3)
    y = noisy(x[0], 10), noisy(color, 6), noisy(x[2], 3)
    names = [*(f"W1.{a}" for a in ("digit", "color", "thickness")), "W2.digit", "W2.color"]
    names += [f"{v}.{a}" for v in ("X", "Y") for a in ("digit", "color", "thickness")]
    return dict(zip(names, (*w1, *w2, *x, *y), strict=True))


def truth(digit: int, thickness: int, noise: float = 0.1) -> dict[str, NDArray[np.float64]]:
    """P(Y's attribute | do(X)) for each attribute: Y's colour follows the hidden colour alone, which is uniform."""

    def noisy(value: int, size: int) -> NDArray[np.float64]:
        law = np.full(size, noise / size)
        law[value] += 1 - noise
        return law

    return {"digit": noisy(digit, 10), "color": np.full(6, 1 / 6), "thickness": noisy(thickness, 3)}

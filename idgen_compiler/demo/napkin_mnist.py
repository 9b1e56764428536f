"""Napkin-MNIST as attributes: a structural model on the napkin graph, and its exact answers.

W1, X and Y are a digit with a color and a thickness, W2 is a digit with a color of two; a color and a thickness stay
hidden. In every mechanism a value is replaced, with the probability `noise`, by a uniform one.

Source: Rahman, Jordan and Kocaoglu, "Conditional Generative Models are Sufficient to Sample from Any Causal Effect
Estimand" (NeurIPS 2024), appendix F.2.1. There, color reaches no child of W1 in a way that matters, so that adjusting
for W1 alone or W2 alone already gives the right colors; `HARD` is a variant on the same graph where only the napkin's
own answer is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ATTRIBUTES",
    "COLORS",
    "DIGITS",
    "GRAPH",
    "HARD",
    "LABELS",
    "NOISE",
    "PAPER",
    "QUERY",
    "SIZES",
    "THICKNESSES",
    "Law",
    "Mechanisms",
    "attributes",
    "labeled",
    "seen",
    "total_variation",
    "truth",
]

GRAPH = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
QUERY = "P(Y | do(X))"
NOISE = 0.1

DIGITS = tuple(range(10))
COLORS = ("red", "green", "blue", "yellow", "magenta", "cyan")
TWO_COLORS = COLORS[:2]
THICKNESSES = ("thin", "regular", "thick")
ATTRIBUTES = ("digit", "color", "thickness")

LABELS: Mapping[str, tuple[Any, ...]] = {
    "W1.digit": DIGITS,
    "W1.color": COLORS,
    "W1.thickness": THICKNESSES,
    "W2.digit": DIGITS,
    "W2.color": TWO_COLORS,
    "X.digit": DIGITS,
    "X.color": TWO_COLORS,
    "X.thickness": THICKNESSES,
    "Y.digit": DIGITS,
    "Y.color": COLORS,
    "Y.thickness": THICKNESSES,
}
"""Column -> the label of each code."""

SIZES = {name: len(labels) for name, labels in LABELS.items()}

Codes = NDArray[np.int64]
Law = NDArray[np.float64]


@dataclass(frozen=True)
class Mechanisms:
    """What differs between the variants; functions of codes, before the noise.

    `color` is the law of the hidden color; the hidden thickness is uniform, as is W1's where `w1_thickness` is None.
    """

    name: str
    color: tuple[float, ...]
    w1_color: Callable[[Codes, Codes], Codes]  #: of the hidden color and thickness
    w1_thickness: Callable[[Codes], Codes] | None
    y_color: Callable[[Codes, Codes], Codes]  #: of the hidden color and X's color


PAPER = Mechanisms(
    name="paper",
    color=(1 / 6,) * 6,
    w1_color=lambda color, thickness: color,
    w1_thickness=lambda thickness: thickness,
    y_color=lambda color, x_color: color,
)
HARD = Mechanisms(
    name="hard",
    color=(0.30, 0.10, 0.05, 0.25, 0.10, 0.20),
    w1_color=lambda color, thickness: (color + 2 * thickness) % 6,
    w1_thickness=None,
    y_color=lambda color, x_color: (color + x_color) % 6,
)


def attributes(
    rows: int, seed: int, mechanisms: Mechanisms = PAPER, noise: float = NOISE, digits: Codes | None = None
) -> dict[str, Codes]:
    """Rows of the observed attributes as codes, by column ("W1.digit", ...).  Shape of each: (rows,).

    W1's digit is drawn from `digits`, the labels of real images, or uniformly when there are none.
    """
    rng = np.random.default_rng(seed)

    def uniform(size: int) -> Codes:
        return rng.integers(size, size=rows)

    def noisy(value: Codes, size: int) -> Codes:
        return np.where(rng.random(rows) < noise, uniform(size), value)

    if len(set(mechanisms.color)) == 1:
        color = uniform(6)
    else:
        color = rng.choice(6, size=rows, p=mechanisms.color)
    thickness = uniform(3)
    w1_digit = uniform(10) if digits is None else digits[uniform(len(digits))]
    w1_color = noisy(mechanisms.w1_color(color, thickness), 6)
    if mechanisms.w1_thickness is None:
        w1_thickness = uniform(3)
    else:
        w1_thickness = noisy(mechanisms.w1_thickness(thickness), 3)
    w2_digit, w2_color = noisy(w1_digit, 10), noisy((w1_color >= 3).astype(np.int64), 2)
    x_digit, x_color, x_thickness = noisy(w2_digit, 10), noisy(w2_color, 2), noisy(thickness, 3)
    y_digit, y_color = noisy(x_digit, 10), noisy(mechanisms.y_color(color, x_color), 6)
    y_thickness = noisy(x_thickness, 3)
    columns = (
        *(w1_digit, w1_color, w1_thickness),
        *(w2_digit, w2_color),
        *(x_digit, x_color, x_thickness),
        *(y_digit, y_color, y_thickness),
    )
    return dict(zip(LABELS, columns, strict=True))


def labeled(codes: Mapping[str, Codes]) -> dict[str, NDArray[Any]]:
    """The same rows with digits as numbers, and colors and thicknesses as words."""
    return {name: np.asarray(LABELS[name])[column] for name, column in codes.items()}


def truth(
    digit: int, color: int, thickness: int, mechanisms: Mechanisms = PAPER, noise: float = NOISE
) -> dict[str, Law]:
    """P(Y's attribute | do(X = x)) for each attribute, exactly; x is given by its codes.  Shape of each: (size,)."""
    hidden, y_color = np.asarray(mechanisms.color), _y_color(mechanisms, noise)
    return {
        "digit": _noise(10, noise)[digit],
        "color": hidden @ y_color[:, color],
        "thickness": _noise(3, noise)[thickness],
    }


def seen(
    digit: int, color: int, thickness: int, mechanisms: Mechanisms = PAPER, noise: float = NOISE
) -> dict[str, Law]:
    """P(Y's attribute | X = x) for each attribute, exactly, by summing over everything else: plain conditioning.

    Letters of the sum: c, t hidden color and thickness; a, b, x, y colors of W1, W2, X, Y; s thickness of X.
    """
    c, t = np.arange(6), np.arange(3)
    w1_color = _noise(6, noise)[mechanisms.w1_color(c[:, None], t[None, :])]
    two = _noise(2, noise)
    joint = np.einsum(
        "c,t,cta,ab,bx,ts,cxy->xsy",
        np.asarray(mechanisms.color),
        np.full(3, 1 / 3),
        w1_color,
        two[(c >= 3).astype(np.int64)],
        two,
        _noise(3, noise),
        _y_color(mechanisms, noise),
    )
    law = joint[color, thickness]
    return truth(digit, color, thickness, mechanisms, noise) | {"color": law / law.sum()}


def total_variation(p: Law, q: Law) -> float:
    """Half the sum of absolute differences: the largest difference in the probability of an event."""
    return float(0.5 * np.abs(p - q).sum())


def _noise(size: int, noise: float) -> Law:
    """P(value after noise | value before).  Shape: (size, size), rows sum to one."""
    return np.full((size, size), noise / size) + (1 - noise) * np.eye(size)


def _y_color(mechanisms: Mechanisms, noise: float) -> Law:
    """P(Y's color | hidden color, X's color).  Shape: (6, 2, 6)."""
    c, x = np.arange(6), np.arange(2)
    # A mechanism that does not look at X's color gives one column for both.
    return _noise(6, noise)[np.broadcast_to(mechanisms.y_color(c[:, None], x[None, :]), (6, 2))]

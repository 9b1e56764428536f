"""Differences and ratios of means, by the delta method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimates.answers import Answers
from idgen_compiler.estimates.combined import Divided, End, Moved
from idgen_compiler.estimates.estimate import Estimates
from idgen_compiler.estimates.measures import Asking
from idgen_compiler.estimates.quantiles import Inverted
from idgen_compiler.estimates.questions.asked import Point
from idgen_compiler.estimates.scales import Factor, Plain, Scale

__all__ = ["Kind", "check_alike", "checked_kind", "compared"]


Kind = Literal["difference", "ratio", "odds ratio", "log ratio"]

_SIGN = {"difference": "-", "ratio": "/", "log ratio": "/", "odds ratio": "/"}


def checked_kind(kind: object) -> Kind:
    """The kind itself.  Raises DataError for what is none."""
    for known in get_args(Kind):
        if kind == known:
            return known  # type: ignore[no-any-return]
    raise DataError(f"no contrast is a {kind!r:.40}{near_misses(str(kind), get_args(Kind))}")


def check_alike(one: Point, other: Point) -> None:
    """Raise DataError unless both points say something of the same variables."""
    for role, left, right in (("do", one.do, other.do), ("given", one.given, other.given)):
        if set(left) != set(right):
            lacking = min(set(left) ^ set(right))
            where = "versus" if role == "do" else "versus_given"
            raise DataError(f"{role} and {where} have to name the same variables; {lacking} is in one of them alone")


def compared(
    answers: Answers,
    asking: Asking,
    what: Sequence[tuple[str, str]],
    kind: Kind,
    scales: Sequence[Scale] = (),
    names: Sequence[Any] = (),
    *,
    apart: bool = False,
) -> Estimates:
    """The contrasts of the first half of the numbers with the second, one by one.

    `scales` are those of the numbers, and `apart` says that both halves rest on disjoint rows (see `Answers.mapped`).

    A ratio's interval is symmetrical in its logarithm where both numbers are positive and, at the level asked for, not
    zero. Those of differences of shares and of quantiles, and of ratios of shares one of which is zero, come from the
    intervals of both; of other ratios it is that of the delta method, which a note says.

    Raises DataError for a ratio whose denominator may be zero, for odds of what does not lie between 0 and 1, and for
    ratios of quantiles.
    """
    half = len(what)
    if kind != "difference" and any(isinstance(scale, Inverted) for scale in scales):
        raise DataError(f"quantiles are compared by their difference, not by a {kind}; ask for kind='difference'")
    top, bottom = answers.values[:half], answers.values[half:]
    ends = Estimates(answers, asking, (*(a for a, _ in what), *(b for _, b in what)), scales=tuple(scales))
    _check(ends, kind, half)
    told = tuple(_told(a, b, kind) for a, b in what)
    slopes = np.zeros((half, 2 * half))
    places = np.arange(half)
    slopes[places, places], slopes[places, places + half] = _slopes(top, bottom, kind)
    found = answers.mapped(_function(kind, half), slopes, apart=apart and kind == "difference")
    scaled = tuple(_scale(ends, kind, k, half) for k in range(half))
    if kind == "ratio" and any(isinstance(scale, Plain) for scale in scaled):
        found = replace(found, notes=(*found.notes, "a ratio of what may be zero has its interval by the delta method"))
    return Estimates(found, asking, told, tuple(names), scaled, kind)


def _scale(ends: Estimates, kind: Kind, k: int, half: int) -> Scale:
    if kind == "odds ratio" or (kind == "ratio" and _positive(ends, k, half)):
        return Factor()
    if kind == "log ratio" or all(isinstance(ends.scales[place], Plain) for place in (k, k + half)):
        return Plain()
    return _combined(ends, kind, k, half)


def _positive(ends: Estimates, k: int, half: int) -> bool:
    values = ends.answers.values
    return bool(values[k] > 0 and values[k + half] > 0 and ends.low[k] > 0)


def _combined(ends: Estimates, kind: Kind, k: int, half: int) -> Scale:
    a, b = k, k + half
    se = ends.se[a] * ends.se[b]
    correlation = float(np.clip(ends.covariance[a, b] / se, -1, 1)) if se > 0 else 0.0
    one, other = (
        End(ends.scales[at], float(ends.values[at]), float(ends.se[at]), float(ends.answers.effective_rows[at]))
        for at in (a, b)
    )
    return Divided(one, other, correlation) if kind == "ratio" else Moved(one, other, correlation)


def _told(a: str, b: str, kind: Kind) -> str:
    if kind == "odds ratio":
        return f"odds of {a} / odds of {b}"
    return f"log({a} / {b})" if kind == "log ratio" else f"{a} {_SIGN[kind]} {b}"


def _check(ends: Estimates, kind: Kind, half: int) -> None:
    values = ends.answers.values
    for k, name in enumerate(ends.what):
        if kind == "ratio" and k >= half and ends.low[k] <= 0 <= ends.high[k]:
            raise DataError(
                f"{name} = {values[k]:.4g} [{ends.low[k]:.4g}, {ends.high[k]:.4g}] may be zero, by which nothing is "
                "divided; ask for kind='difference'"
            )
        if kind == "log ratio" and not (values[k] > 0 and ends.low[k] > 0):
            raise DataError(
                f"{name} = {values[k]:.4g} [{ends.low[k]:.4g}, {ends.high[k]:.4g}] may be zero or less, which has no "
                "logarithm; ask for kind='difference'"
            )
        if kind == "odds ratio" and not 0 < values[k] < 1:
            raise DataError(
                f"{name} = {values[k]:.4g} has no odds, which numbers between 0 and 1 have; ask for kind='difference'"
            )


def _slopes(top: Array, bottom: Array, kind: Kind) -> tuple[Array, Array]:
    one = np.ones_like(top)
    if kind == "difference":
        return one, -one
    if kind == "ratio":
        return one / bottom, -top / bottom**2
    if kind == "log ratio":
        return one / top, -one / bottom
    odds = top / (1 - top) / (bottom / (1 - bottom))
    return odds / (top * (1 - top)), -odds / (bottom * (1 - bottom))


def _function(kind: Kind, half: int) -> Callable[[Array], Array]:
    def function(values: Array) -> Array:
        a, b = values[..., :half], values[..., half:]
        found: Array
        with np.errstate(divide="ignore", invalid="ignore"):
            if kind == "difference":
                found = a - b
            elif kind == "ratio":
                found = a / b
            elif kind == "log ratio":
                found = np.log(a / b)
            else:
                found = a / (1 - a) / (b / (1 - b))
        return found

    return function

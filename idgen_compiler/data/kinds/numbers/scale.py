"""Numbers in their own unit, and as models see them: a robust scale whose tails are drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError

__all__ = ["TAIL", "TWICE", "Scale", "center_and_width", "check_size"]

TAIL = 6.0
"""So many widths from the center the scale turns from linear to logarithmic: hardly a normal value lies there."""

TWICE = 4.0
"""Tails are drawn in once up to here, which is 60 widths from the center."""

_LINEAR_SLACK, _LOG_SLACK = 1.0, 0.5
"""So many widths beyond the data a drawn number may lie (see `Scale.reach`)."""

_NORMAL_QUARTILES, _NORMAL_REACH = 1.349, 3.92
"""The distance of the quartiles, and of the 2.5 % and 97.5 % quantiles, of a normal law with deviation one."""

_FEW = 1e-13
"""Values that vary by less than this fraction of themselves cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A monotone map from numbers in their own unit onto what models see, of median zero and spread about one.

    z = (v - center) / width with v = x, or v = log(x - origin) where `log` is 1 and v = -log(origin - x) where it is
    -1; z itself is seen up to `TAIL`, and beyond it TAIL + s(|z| - TAIL) with the sign of z and s(t) = log(1 + t), of
    which what exceeds `TWICE` is drawn in by s again. The largest float64 is seen as 16.5, so that one absurd row
    weighs little in whatever is fitted. `least` is the distance from the origin that stands for all smaller ones.
    `center` and `width` are numbers, or arrays (dim,) for vectors.

    >>> scale = Scale(10.0, 2.0)
    >>> scale.seen(np.array([10.0, 14.0, 1e6])).round(2)
    array([ 0.  ,  2.  , 12.31])
    >>> scale.own(scale.seen(np.array([10.0, 14.0, 1e6])))
    array([1.0e+01, 1.4e+01, 1.0e+06])
    """

    center: Any
    width: Any
    log: int = 0
    origin: float = 0.0
    least: float = 0.0

    def seen(self, values: Array) -> Array:
        """Numbers as models see them.  Shape: (...) or (..., dim) float64."""
        with np.errstate(over="ignore"):
            z = (self.straight(values) - np.asarray(self.center)) / np.asarray(self.width)
        return _in_tails(z)

    def own(self, seen: Array) -> Array:
        """The way back, in float64."""
        z = _drawn_out(seen)
        straight = z * np.asarray(self.width) + np.asarray(self.center)
        if not self.log:
            return np.asarray(straight)
        return np.asarray(self.origin + self.log * np.exp(np.clip(self.log * straight, -745, 709)))

    def log_slope(self, seen: Array) -> Array:
        """Log of d seen / d own at seen values: what a density in one unit is in the other."""
        wide = np.asarray(seen, dtype=np.float64)
        z = _drawn_out(wide)
        once = np.log1p(np.maximum(np.abs(z) - TAIL, 0))
        slope = -once - np.log1p(np.maximum(once - TWICE, 0)) - np.log(np.asarray(self.width))
        if self.log:
            slope = slope - self.log * (z * np.asarray(self.width) + np.asarray(self.center))
        return np.asarray(slope)

    def reach(self, low: Any, high: Any) -> tuple[Array, Array]:
        """The seen values within which drawn numbers are kept, for data observed from `low` to `high`.

        On a linear scale this is one width beyond the data, or beyond `TAIL`; on a logarithmic one half a width beyond
        the data, and any number nearer to the origin.
        """
        z = np.stack([_drawn_out(self.seen(np.asarray(end, dtype=np.float64))) for end in (low, high)])
        if self.log:
            beyond = self.log * _LOG_SLACK
            ends = (z[0] + min(beyond, 0), np.full_like(z[1], np.inf)) if self.log < 0 else (-np.inf, z[1] + beyond)
            least, most = (np.broadcast_to(np.asarray(end, dtype=np.float64), z[0].shape) for end in ends)
        else:
            least, most = np.minimum(z[0], -TAIL) - _LINEAR_SLACK, np.maximum(z[1], TAIL) + _LINEAR_SLACK
        return _in_tails(least), _in_tails(most)

    def straight(self, values: Array) -> Array:
        """The numbers v, before they are centered: themselves, or logarithms of their distance from the origin."""
        wide = np.asarray(values, dtype=np.float64)
        if not self.log:
            return wide
        return np.asarray(self.log * np.log(np.maximum(self.log * (wide - self.origin), self.least)))


def _in_tails(z: Array) -> Array:
    """z as it is seen."""
    far = np.abs(z) - TAIL
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(far > 0, np.sign(z) * (TAIL + _drawn_in(np.maximum(far, 0))), z))


def _drawn_in(far: Array) -> Array:
    once = np.log1p(far)
    return np.asarray(np.where(once > TWICE, TWICE + np.log1p(np.maximum(once - TWICE, 0)), once))


def _drawn_out(seen: Array) -> Array:
    wide = np.asarray(seen, dtype=np.float64)
    far = np.maximum(np.abs(wide) - TAIL, 0)
    once = np.where(far > TWICE, TWICE + np.expm1(np.clip(far - TWICE, 0, 7)), far)
    return np.asarray(np.where(far > 0, np.sign(wide) * (TAIL + np.expm1(np.clip(once, 0, 709))), wide))


def check_size(name: str, values: Array) -> None:
    """Raise DataError for values whose differences float64 cannot hold, or which it cannot tell apart.

    Shape: (rows,) or (rows, dim), in the precision in which they came.
    """
    low, high = (end.astype(np.float64) for end in (values.min(0), values.max(0)))
    with np.errstate(over="ignore"):
        if not np.isfinite(high - low).all():
            raise DataError(
                f"column {name} holds values from {low.min():.3g} to {high.max():.3g}, too large for a difference; "
                "rescale it"
            )
    alike = (values.min(0) != values.max(0)) & (high - low <= _FEW * np.maximum(np.abs(low), np.abs(high)))
    if alike.any():
        raise DataError(
            f"column {name} varies by less than its values' precision; subtract an offset from it, or rescale it"
        )


def center_and_width(values: Array) -> tuple[Array, Array]:
    """Median and robust width of each entry, the latter 1 where it does not vary.

    The width is that of the quartiles in units of a normal law's, or half that of the 2.5 % and 97.5 % quantiles where
    this is more; where both are nought, the root mean square distance from the median without the farthest values.
    Shape: (rows,) -> (), (rows, dim) -> (dim,).
    """
    wide = values.astype(np.float64)
    low, quarter, center, three, high = np.quantile(wide, (0.025, 0.25, 0.5, 0.75, 0.975), axis=0)
    width = np.maximum((three - quarter) / _NORMAL_QUARTILES, (high - low) / _NORMAL_REACH / 2)
    if (width == 0).any():
        width = np.where(width == 0, _around(np.abs(wide - center)), width)
    return center, np.where(width == 0, 1.0, width)


def _around(distance: Array) -> Array:
    """Root mean square distance from the median, the largest hundredth of those that are not nought left out."""
    columns = distance.reshape(len(distance), -1)
    found = np.zeros(columns.shape[1])
    for k, column in enumerate(columns.T):
        some = column[column > 0]
        if len(some):
            unit = np.quantile(some, 0.5)
            kept = some[some <= np.quantile(some, 0.99)] / unit
            found[k] = unit * np.sqrt(np.square(kept).sum() / len(column))
    return found.reshape(distance.shape[1:])

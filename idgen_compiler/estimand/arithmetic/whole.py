"""Fractions as whole numbers over one denominator, as long as that one is short: sums without a gcd for each term."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

__all__ = ["fractions_over", "in_whole", "summed"]

Array = np.ndarray[Any, np.dtype[Any]]

_MOST_BITS = 1024
"""Of a common denominator: those of a joint law are powers of a few numbers, of conditionals all different."""

_FEW = 32
"""So many fractions are added as they are."""


def in_whole(arrays: Sequence[Array]) -> tuple[list[Array], int] | None:
    """Arrays of Fractions as whole numbers, each over a denominator of its own, and the product of these denominators.

    None where one is too long, and for arrays of anything else.
    """
    found, product = list[Array](), 1
    for array in arrays:
        common, values = 1, array.ravel().tolist()
        if not all(isinstance(value, Fraction | int) for value in values):
            return None
        for denominator in {value.denominator for value in values}:
            common = math.lcm(common, denominator)
            if common.bit_length() > _MOST_BITS:
                return None
        whole = [value.numerator * (common // value.denominator) for value in values]
        found.append(_filled(whole, array.shape))
        product *= common
    return found, product


def fractions_over(counts: Array, denominator: int) -> Array:
    """Whole numbers over one denominator, as Fractions.  Shape: that of `counts`."""
    return _filled([Fraction(int(count), denominator) for count in counts.flat], counts.shape)


def summed(values: Array, over: tuple[int, ...]) -> Array:
    """The sums of an array over some axes; of Fractions the same sums as numpy's, sooner."""
    if values.dtype == object and values.size > _FEW and (whole := in_whole([values])) is not None:
        (counts,), denominator = whole
        return fractions_over(np.asarray(counts.sum(axis=over)), denominator)
    return np.asarray(values.sum(axis=over))


def _filled(values: Sequence[Any], shape: tuple[int, ...]) -> Array:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)

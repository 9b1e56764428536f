"""Products of tables summed over axes, two tables at a time, for numbers that no library of floats multiplies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import opt_einsum

__all__ = ["contraction"]

Factor = tuple[tuple[str, ...], Any]
"""Named axes and an array: of Fractions or whole numbers, or residues."""


def contraction(factors: Sequence[Factor], keep: Sequence[str]) -> Any:
    """The product of arrays with named axes, summed over every axis that is not kept.

    opt_einsum finds the order. Shape: one axis for each of `keep` that some factor has, in that order.
    """
    number: dict[str, int] = {}
    for axes, _ in factors:
        for axis in axes:
            number.setdefault(axis, len(number))
    have = [axis for axis in keep if axis in number]
    terms = ["".join(opt_einsum.get_symbol(number[axis]) for axis in axes) for axes in (*(a for a, _ in factors), have)]
    equation = f"{','.join(terms[:-1])}->{terms[-1]}"
    left = list(factors)
    for places in _path(equation, tuple(tuple(array.shape) for _, array in factors)):
        chosen = [left[k] for k in places]
        left = [factor for k, factor in enumerate(left) if k not in places]
        left.append(_joined(chosen, set(have).union(*(axes for axes, _ in left))))
    ((axes, array),) = left
    return array.transpose([axes.index(axis) for axis in have])


@lru_cache(maxsize=1024)
def _path(equation: str, shapes: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
    """Which factors to multiply, one step after the other: their product stands behind those that are left."""
    path, _ = opt_einsum.contract_path(equation, *shapes, optimize="auto", shapes=True)
    return tuple(map(tuple, path))


def _joined(factors: Sequence[Factor], needed: set[str]) -> Factor:
    """The product of a few, summed over the axes that nothing else needs."""
    axes, array = factors[0]
    for more, other in factors[1:]:
        wide = (*axes, *(axis for axis in more if axis not in axes))
        array = array.reshape((*array.shape, *(1 for _ in wide[len(axes) :])))
        other = other.transpose([more.index(axis) for axis in wide if axis in more])
        sizes = iter(other.shape)
        array = array * other.reshape(tuple(next(sizes) if axis in more else 1 for axis in wide))
        if not wide and not hasattr(array, "shape"):  # numpy makes an object of an array of one
            array = np.array(array, dtype=object)
        axes = wide
    over = tuple(k for k, axis in enumerate(axes) if axis not in needed)
    if not over:
        return axes, array
    return tuple(axis for axis in axes if axis in needed), array.sum(axis=over, keepdims=True).squeeze(over)

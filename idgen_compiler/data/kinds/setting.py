"""What a variable is set to in a question: one value for all samples, or one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.errors import DataError

__all__ = ["Setting", "finite_numbers", "shown"]

SHOWN = 5
"""How many values an error shows."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The place of a value in a question, for messages: `do(X=...)` or `given(Z=...)`; of n samples."""

    role: str
    name: str
    n: int

    def __str__(self) -> str:
        return f"{self.role}({self.name}=...)"

    __repr__ = __str__

    def field(self, name: str) -> Setting:
        """The setting of one field of the variable."""
        return replace(self, name=f"{self.name}.{name}")

    def refuse_mapping(self, value: Any) -> None:
        """Raise DataError for a mapping, which only a composite can be set to."""
        if isinstance(value, Mapping):
            raise DataError(
                f"{self} is a mapping, but {self.name} is no composite; give one value, or one for each sample"
            )

    def one_each(self, value: Any) -> Array:
        """The value or values with one axis.  Shape: (1,) or (n,).

        A list, tuple or range holds one value for each sample, and so does whatever becomes an array with one axis.
        Raises DataError for a mapping, for None, for several axes, and for another number of values than n.

        >>> Setting("do", "X", 3).one_each([1, 2])
        Traceback (most recent call last):
        ...
        idgen_compiler.errors.DataError: do(X=...) has 2 values for 3 samples; give one value, or exactly 3
        """
        self.refuse_mapping(value)
        if value is None:
            raise DataError(f"{self} is None; give a value")
        many = _array(value)
        if isinstance(many, np.ma.MaskedArray):
            if np.ma.getmaskarray(many).any():
                raise DataError(f"{self} holds a masked value; give a value for each sample")
            many = np.ma.getdata(many)
        if many.ndim > 1:
            raise DataError(f"{self} has shape {many.shape}; give one value, or one for each of the {self.n} samples")
        if many.ndim == 1 and len(many) != self.n:
            raise DataError(f"{self} has {len(many)} values for {self.n} samples; give one value, or exactly {self.n}")
        return many.reshape(-1)


def _array(value: Any) -> Array:
    """An array as it is, a tensor or a column of a table as an array; a plain value as an array without axes."""
    if isinstance(value, list | tuple | range):
        many = np.empty(len(value), dtype=object)
        many[:] = list(value)
        return many
    return np.asanyarray(as_numpy(value))  # a masked array stays one


def finite_numbers(setting: Setting, values: Array) -> Array:
    """The values as float64.  Raises DataError for texts, NaN and infinity."""
    text = [value for value in values if isinstance(value, str)] if values.dtype.kind in "OU" else []
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        text = list(values)
    except OverflowError:  # a whole number beyond all floats
        raise DataError(f"{setting} is {shown(values)}, beyond all floating-point numbers; rescale it") from None
    if text:
        raise DataError(f"{setting} is {shown(text)}, not a number; {setting.name} is real-valued")
    if not np.isfinite(numbers).all():
        raise DataError(f"{setting} is {numbers[~np.isfinite(numbers)][0]}; give finite numbers")
    return numbers


def shown(values: Sequence[Any] | Array) -> str:
    """The first values for a message, as Python writes them."""
    return ", ".join(f"{(v.item() if isinstance(v, np.generic) else v)!r:.80}" for v in values[:SHOWN])

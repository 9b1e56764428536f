"""What a variable is set to in a question: one value for all samples, or one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.errors import DataError
from idgen_compiler.forms.shown import cut, listed

__all__ = ["Setting", "finite_numbers", "real_numbers", "shown"]


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
    value = as_numpy(value)
    if hasattr(value, "to_numpy") and hasattr(value, "__len__"):  # a column of a table, of whatever library
        value = value.to_numpy()
    return np.asanyarray(value)  # a masked array stays one


def real_numbers(setting: Setting, values: Array) -> Array:
    """The values as float64.  Raises DataError for texts, bytes, dates, durations and complex numbers."""
    real = bool | np.bool_ | int | float | np.integer | np.floating | Decimal | Fraction
    if values.dtype.kind == "O":
        wrong = [value for value in values.reshape(-1) if not isinstance(value, real)]
    else:
        wrong = list(values.reshape(-1)) if values.dtype.kind not in "biuf" else []
    if wrong:
        raise DataError(f"{setting} is {shown(wrong)}, not a number; {setting.name} is real-valued")
    try:
        with np.errstate(over="ignore"):
            return np.asarray(values.astype(np.float64))
    except OverflowError:  # a whole number beyond all floats
        raise DataError(
            f"{setting} is {shown(values.reshape(-1))}, beyond all floating-point numbers; rescale it"
        ) from None
    except (TypeError, ValueError):
        raise DataError(
            f"{setting} is {shown(values.reshape(-1))}, not a number; {setting.name} is real-valued"
        ) from None


def finite_numbers(setting: Setting, values: Array) -> Array:
    """The values as float64.  Raises DataError for what is no real number, NaN and infinity."""
    numbers = real_numbers(setting, values)
    if not np.isfinite(numbers).all():
        raise DataError(f"{setting} is {numbers[~np.isfinite(numbers)][0]}; give finite numbers")
    return numbers


def shown(values: Sequence[Any] | Array) -> str:
    """The first values for a message, as Python writes them, and how many more there are."""
    return listed(values, _told)


def _told(value: Any) -> str:
    if isinstance(value, np.datetime64 | np.timedelta64):
        return str(value)
    return cut(value.item() if isinstance(value, np.generic) else value)

"""Where a caller's values were set, for messages, and what all kinds ask of such values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy, pandas
from idgen_compiler.errors import DataError

__all__ = ["Place", "finite_numbers", "one_each", "shown"]


@dataclass(frozen=True, slots=True)
class Place:
    """Values for n samples of a variable, set as `do(X=...)` or `given(Z=...)`."""

    role: str
    name: str
    n: int

    def __str__(self) -> str:
        return f"{self.role}({self.name}=...)"

    def field(self, name: str) -> Place:
        """The place of one field of the variable."""
        return replace(self, name=f"{self.name}.{name}")


def one_each(place: Place, value: Any) -> Array:
    """The value or values with one axis.  Shape: (1,) or (n,)."""
    pd = pandas()
    value = as_numpy(value)
    if isinstance(value, Mapping):
        raise DataError(f"{place} is a mapping; give one value, or one for each sample")
    if isinstance(value, pd.Series):
        value = value.to_numpy()
    if value is None:
        raise DataError(f"{place} is None; give a value")
    if isinstance(value, list | tuple | range | pd.Index):
        many = np.empty(len(value), dtype=object)
        many[:] = list(value)
    else:
        many = np.asarray(value)
    if many.ndim > 1:
        raise DataError(f"{place} has shape {many.shape}; give one value, or one for each of the {place.n} samples")
    if many.ndim == 1 and len(many) != place.n:
        raise DataError(f"{place} has {len(many)} values for {place.n} samples; give one value, or exactly {place.n}")
    return many.reshape(-1)


def finite_numbers(place: Place, values: Array) -> Array:
    """The values as float64.  Raises DataError for texts, NaN and infinity."""
    text = [value for value in values if isinstance(value, str)] if values.dtype.kind in "OU" else []
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        text = list(values)
    if text:
        raise DataError(f"{place} is {shown(text)}, not a number; {place.name} is real-valued")
    if not np.isfinite(numbers).all():
        raise DataError(f"{place} is {numbers[~np.isfinite(numbers)][0]}; give finite numbers")
    return numbers


def shown(values: Sequence[Any] | Array) -> str:
    """The first values for a message, as Python writes them."""
    return ", ".join(f"{(v.item() if isinstance(v, np.generic) else v)!r:.80}" for v in values[:5])

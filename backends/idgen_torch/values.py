"""What a caller sets: do- and given-values as parts, one for all samples or one for each.

A label that does not occur is an error that lists the labels. A number beyond the observed range is answered, with an
OverlapWarning that says how far out it lies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.coding import standardised
from idgen_torch.images import image_column, one_image
from idgen_torch.variables import Atom, Categorical, Composite, Continuous, Image, Integer, VariableType, Vector
from idgen_torch.warning import warn_overlap

__all__ = ["encode_value"]

SLACK = 0.25
"""How many standard deviations beyond the observed range pass without a warning."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value was given, for messages: `do(X=...)` or `given(Z=...)`."""

    role: str
    name: str
    n: int

    def __str__(self) -> str:
        return f"{self.role}({self.name}=...)"


def encode_value(role: str, name: str, kind: VariableType, value: Any, n: int) -> tuple[Tensor, ...]:
    """One tensor for each part, with n rows, or with one row that stands for all of them.

    `value` is one value or one for each of the n samples; for a composite a tuple or a mapping of such values by
    field, or a structured array. Raises DataError for a value that the variable cannot take.
    """
    place = _Place(role, name, n)
    if isinstance(kind, Composite):
        by_field = _fields(place, kind, value)
        return tuple(_encode(_Place(role, f"{name}.{f}", n), atom, by_field[f]) for f, atom in kind.fields)
    if isinstance(value, Mapping):
        raise DataError(f"{place} is a mapping, but {name} is no composite; give one value, or one for each sample")
    return (_encode(place, kind, value),)


def _fields(place: _Place, kind: Composite, value: Any) -> Mapping[str, Any]:
    names = [field for field, _ in kind.fields]
    shown = f"({', '.join(names)})"
    if isinstance(value, np.ndarray | np.void) and value.dtype.names:
        value = {field: value[field] for field in value.dtype.names}
    if isinstance(value, Mapping):
        unknown, missing = [k for k in value if k not in names], [k for k in names if k not in value]
        if unknown or missing:
            raise DataError(
                f"{place} needs the fields {shown}"
                + (f"; it lacks {', '.join(missing)}" if missing else "")
                + (f"; it has no field {', '.join(map(str, unknown))}" if unknown else "")
            )
        return value
    if isinstance(value, tuple) and len(value) == len(names):
        return dict(zip(names, value, strict=True))
    raise DataError(f"{place} sets a composite: give a tuple {shown} or a dict of its fields, not {value!r:.80}")


def _encode(place: _Place, kind: Atom, value: Any) -> Tensor:
    if isinstance(kind, Vector):
        return _encode_vector(place, kind, value)
    if isinstance(kind, Image):
        return _encode_images(place, kind, value)
    many = _one_each(place, value)
    if isinstance(kind, Categorical):
        return _codes(place, kind, many)
    numbers = _numbers(place, many)
    if isinstance(kind, Integer) and (numbers != np.round(numbers)).any():
        raise DataError(f"{place} is {numbers[numbers != np.round(numbers)][0]}, but {place.name} holds whole numbers")
    _warn_outside(place, kind, numbers[:, None])
    return standardised(kind, numbers)


def _one_each(place: _Place, value: Any) -> np.ndarray:
    """The value or values with one axis.  Shape: (1,) or (n,)."""
    if isinstance(value, Mapping):
        raise DataError(f"{place} is a mapping; give one value, or one for each sample")
    if isinstance(value, pd.Series):
        value = value.to_numpy()
    if isinstance(value, Tensor):
        value = value.detach().cpu().numpy()
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


def _numbers(place: _Place, values: np.ndarray) -> np.ndarray:
    text = [value for value in values if isinstance(value, str)] if values.dtype.kind in "OU" else []
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError):
        text = list(values)
    if text:
        raise DataError(f"{place} is {_shown(text)}, not a number; {place.name} is real-valued")
    if not np.isfinite(numbers).all():
        raise DataError(f"{place} is {numbers[~np.isfinite(numbers)][0]}; give finite numbers")
    return numbers


def _codes(place: _Place, kind: Categorical, values: np.ndarray) -> Tensor:
    try:
        codes, found = pd.factorize(values)
    except TypeError:
        raise DataError(f"{place} is {_shown(values)}, which is no label; {_labels(place, kind)}") from None
    if (codes < 0).any():
        raise DataError(f"{place} holds a missing value; {_labels(place, kind)}")
    place_of: dict[Any, int] = {label: code for code, label in enumerate(kind.labels)}
    table, unseen = np.zeros(len(found), dtype=np.int64), []
    for k, value in enumerate(found):
        code = place_of.get(value)
        if code is None:
            unseen.append(value)
        else:
            table[k] = code
    if unseen:
        raise DataError(f"{place} is {_shown(unseen)}, which the data never show; {_labels(place, kind)}")
    return torch.from_numpy(table[codes])


def _shown(values: Sequence[Any] | np.ndarray) -> str:
    """The first values for a message, as Python writes them."""
    return ", ".join(f"{(v.item() if isinstance(v, np.generic) else v)!r:.80}" for v in values[:5])


def _labels(place: _Place, kind: Categorical) -> str:
    shown = ", ".join(map(repr, kind.labels[:20])) + (", ..." if len(kind.labels) > 20 else "")
    return f"the labels of {place.name} are {shown}"


def _encode_vector(place: _Place, kind: Vector, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        value = value.detach().cpu().numpy()
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{place} is no array of numbers; {place.name} is a vector of {kind.dim} entries") from None
    if numbers.shape == (kind.dim,):
        numbers = numbers[None]
    if numbers.shape not in ((1, kind.dim), (place.n, kind.dim)):
        raise DataError(
            f"{place} has shape {numbers.shape}; give one vector ({kind.dim},), or one for each sample "
            f"({place.n}, {kind.dim})"
        )
    if not np.isfinite(numbers).all():
        raise DataError(f"{place} holds NaN or infinity; give finite numbers")
    _warn_outside(place, kind, numbers)
    return standardised(kind, numbers)


def _encode_images(place: _Place, kind: Image, value: Any) -> Tensor:
    """One image, or one for each sample.  Shape: (1 or n, channels, height, width) uint8."""
    what = f"{place} is no image of {place.name}, which has the shape {kind.shape}"
    if isinstance(value, pd.Series):
        value = value.to_numpy()
    axes = getattr(value, "ndim", 0)
    several = isinstance(value, list | tuple) or axes == 4
    several = several or (isinstance(value, np.ndarray) and value.dtype == object)
    if axes == 3 and kind.channels == 1:  # grey images without their axis of channels, or one with it
        several = tuple(value.shape[1:]) == kind.shape[1:] and len(value) == place.n
    try:
        pictures = image_column(str(place), value) if several else one_image(str(place), value)[None]
    except DataError as error:
        raise DataError(f"{what}: {error}") from None
    if pictures.shape[1:] != kind.shape or len(pictures) not in (1, place.n):
        raise DataError(f"{what}; give one, or one for each of the {place.n} samples, not {pictures.shape}")
    return torch.from_numpy(np.array(pictures))


def _warn_outside(place: _Place, kind: Integer | Continuous | Vector, values: np.ndarray) -> None:
    """Warn when a value lies beyond the observed range.  Shape: values (rows, entries)."""
    if not values.size:
        return
    low, high, scale = (np.atleast_1d(np.asarray(entry)) for entry in (kind.low, kind.high, kind.scale))
    beyond = np.maximum(values - high, low - values) / scale
    row, entry = np.unravel_index(int(beyond.argmax()), beyond.shape)
    if beyond[row, entry] <= SLACK:
        return
    which = f"entry {entry} of {place.name}" if isinstance(kind, Vector) else place.name
    often = "" if len(values) == 1 else f" ({int((beyond > SLACK).any(1).sum())} of {len(values)} values lie outside)"
    warn_overlap(
        f"{place.role}({place.name} = {_short(values[row, entry])}) lies {beyond[row, entry]:.1f} standard deviations "
        f"beyond the data: {which} was observed in [{_short(low[entry])}, {_short(high[entry])}]{often}; "
        "the answer there is extrapolation"
    )


def _short(number: float) -> str:
    return f"{number:.4g}" if math.isfinite(number) else str(number)

"""From columns to variable types: what a column is when nobody says, and whether it is what somebody says.

The rules, for a column that `types` does not mention:

- strings, booleans and pandas categoricals are categorical, over the labels that occur;
- whole numbers are categorical over the values that occur while these are few (up to 10, or up to 32 with ten rows for
  each on average), and Integer otherwise;
- floats are continuous, except that up to ten distinct values that are all whole (0.0, 1.0, 2.0) are categories that
  somebody stored as floats;
- arrays with two axes, and columns of equally long lists of numbers, are vectors;
- what `images` can read is an image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from idgen_compiler.errors import DataError, near_misses
from idgen_torch.images import is_images
from idgen_torch.plain import plain_column
from idgen_torch.tables import Source
from idgen_torch.variables import Atom, Categorical, Composite, Continuous, Image, Integer, Schema, VariableType, Vector

__all__ = ["TypeRequest", "images_among", "infer_schema"]

TypeRequest = str | Categorical | Image
"""What a user may ask for: "categorical", "integer", "continuous", "vector", "image", Categorical(labels), or
Image(channels, height, width)."""

FEW_VALUES = 10
SOME_VALUES = 32
ROWS_PER_VALUE = 10
_REQUESTS = ("categorical", "integer", "continuous", "vector", "image")


def infer_schema(sources: Mapping[str, Source], requests: Mapping[str, TypeRequest] | None = None) -> Schema:
    """The type of every variable; `requests` may name variables and, for composites, their columns.

    Raises DataError naming the column and the remedy.
    """
    asked = dict(requests or {})
    columns = {column for source in sources.values() for column in source.names.values()}
    for name, request in asked.items():
        if name not in columns and name not in sources:
            raise DataError(f"types names {name!r}, which the program does not use{near_misses(name, columns)}")
        if name in sources and sources[name].composite:
            raise DataError(
                f"{name} is a composite of {', '.join(sources[name].names.values())}; give the types of these columns"
            )
        if not isinstance(request, Categorical | Image) and request not in _REQUESTS:
            raise DataError(f"types[{name!r}] is {request!r}; choose {', '.join(_REQUESTS)}, or Categorical(labels)")
    return Schema({name: _infer(source, asked) for name, source in sources.items()})


def images_among(requests: Mapping[str, TypeRequest]) -> frozenset[str]:
    """The columns that a user says are images."""
    return frozenset(name for name, request in requests.items() if request == "image" or isinstance(request, Image))


def _infer(source: Source, asked: Mapping[str, TypeRequest]) -> VariableType:
    atoms = {
        field: _infer_atom(source.names[field], column, asked.get(source.names[field]))
        for field, column in source.columns.items()
    }
    return Composite(tuple(atoms.items())) if source.composite else atoms[""]


def _infer_atom(name: str, column: Any, asked: TypeRequest | None) -> Atom:
    if is_images(column):
        return _image(name, column, asked)
    values = plain_column(name, column)
    if asked == "image" or isinstance(asked, Image):
        raise DataError(f"column {name} holds no images that can be read: {values.dtype} of shape {values.shape}")
    said = isinstance(column, pd.Series) and column.dtype == "category"
    request = asked if asked is not None else "categorical" if said else _kind(name, values)
    if isinstance(request, Categorical):
        return _given_labels(name, values, request)
    match request:
        case "categorical":
            return _categorical(name, values, column)
        case "vector":
            return _vector(name, values)
        case "integer":
            return _integer(name, values)
        case _:
            return _continuous(name, values)


def _image(name: str, column: Any, asked: TypeRequest | None) -> Image:
    found = Image(*column.shape[1:])
    if asked not in (None, "image") and asked != found:
        raise DataError(f"column {name} holds images of {found.shape}, not {asked}; leave it out of types")
    return found


def _kind(name: str, values: np.ndarray) -> str:
    if values.ndim == 2:
        return "vector"
    if values.dtype.kind == "O":
        distinct = len(pd.unique(values))
        if distinct > 100 and distinct > len(values) / 2:
            raise DataError(
                f"column {name} has {distinct} different strings in {len(values)} rows, like an identifier or free "
                f"text; encode it as numbers, or insist with types={{{name!r}: 'categorical'}}"
            )
        return "categorical"
    if values.dtype.kind == "b":
        return "categorical"
    distinct = len(pd.unique(values))
    if values.dtype.kind in "iu":
        few = distinct <= FEW_VALUES or (distinct <= SOME_VALUES and distinct * ROWS_PER_VALUE <= len(values))
        return "categorical" if few else "integer"
    return "categorical" if distinct <= FEW_VALUES and _all_whole(values) else "continuous"


def _all_whole(values: np.ndarray) -> bool:
    return bool((values == np.round(values)).all())


def _refuse_vector(name: str, values: np.ndarray, wanted: str) -> None:
    if values.ndim != 1:
        raise DataError(f"column {name} holds vectors and cannot be {wanted}; leave it out of types")


def _refuse_labels(name: str, values: np.ndarray, wanted: str) -> None:
    _refuse_vector(name, values, wanted)
    if values.dtype.kind == "O":
        raise DataError(
            f"column {name} holds strings such as {values[0]!r} and cannot be {wanted}; convert it to numbers"
        )


def _categorical(name: str, values: np.ndarray, column: Any) -> Categorical:
    _refuse_vector(name, values, "categorical")
    labels = list(pd.unique(values))
    if isinstance(column, pd.Series) and column.dtype == "category":
        seen = set(labels)
        labels = [label for label in column.dtype.categories if label in seen]  # the user's order, as far as it occurs
    else:
        labels = sorted(labels)
    return Categorical(tuple(_native(label) for label in labels), _label_dtype(values))


def _native(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def _label_dtype(values: np.ndarray) -> str:
    return "object" if values.dtype.kind == "O" else values.dtype.name


def _given_labels(name: str, values: np.ndarray, request: Categorical) -> Categorical:
    _refuse_vector(name, values, "categorical")
    unseen = [_native(value) for value in pd.unique(values) if value not in set(request.labels)]
    if unseen:
        raise DataError(
            f"column {name} holds {', '.join(map(repr, unseen[:5]))}, which is not among the labels "
            f"{', '.join(map(repr, request.labels))}; list every label that occurs"
        )
    return Categorical(request.labels, request.dtype or _label_dtype(values))


def _continuous(name: str, values: np.ndarray) -> Continuous:
    _refuse_labels(name, values, "continuous")
    mean, scale = _moments(name, values)
    dtype = values.dtype.name if values.dtype.kind == "f" else "float64"
    return Continuous(float(mean), float(scale), float(values.min()), float(values.max()), dtype)


def _integer(name: str, values: np.ndarray) -> Integer:
    _refuse_labels(name, values, "integer")
    if values.dtype.kind == "b":
        raise DataError(f"column {name} holds booleans and cannot be integer; use categorical")
    if not _all_whole(values):
        bad = int((values != np.round(values)).argmax())
        raise DataError(f"column {name} holds {values[bad]} in row {bad} and cannot be integer; use continuous")
    mean, scale = _moments(name, values)
    dtype = values.dtype.name
    return Integer(float(mean), float(scale), int(values.min()), int(values.max()), dtype)


def _vector(name: str, values: np.ndarray) -> Vector:
    if values.ndim != 2:
        raise DataError(f"column {name} has one value a row and cannot be a vector; use continuous")
    statistics = (*_moments(name, values), values.min(0), values.max(0))
    mean, scale, low, high = (tuple(map(float, entry)) for entry in statistics)
    return Vector(mean, scale, low, high, values.dtype.name if values.dtype.kind == "f" else "float64")


def _moments(name: str, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each entry, the latter 1 where it does not vary."""
    with np.errstate(over="ignore", invalid="ignore"):
        wide = values.astype(np.float64)
        mean, scale = wide.mean(0), wide.std(0)
    if not (np.isfinite(mean).all() and np.isfinite(scale).all()):
        raise DataError(
            f"column {name} holds values up to {np.abs(wide).max():.3g}, too large for a variance; rescale it"
        )
    constant = values.min(0) == values.max(0)
    if (~constant & (scale <= 1e-13 * np.abs(mean))).any():
        raise DataError(
            f"column {name} varies by less than its values' precision; subtract an offset from it, or rescale it"
        )
    return mean, np.where(constant, 1.0, scale)

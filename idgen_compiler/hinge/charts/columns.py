"""What is shown of a variable's samples, beside those of other settings: shares, a density, pictures or texts."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.charts.numbers import Density, density_of

__all__ = ["Pictured", "Pictures", "Shares", "Texts", "pictured"]

MOST_LABELS, FEW_NUMBERS, MOST_FIELDS, MOST_SHOWN, LONGEST = 16, 12, 6, 8, 160
"""So many labels get a bar; numbers with so few values get bars; so many components of a vector, and pictures or texts
of a setting, are shown, texts with so many characters."""

MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Shares:
    """The counts of each label at each setting: `counts` has a row for each of `groups`, in the order of `labels`."""

    variable: str
    groups: tuple[str, ...]
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pictures:
    """A few pictures of each setting, as addresses that hold them (PNG)."""

    variable: str
    groups: tuple[str, ...]
    pictures: tuple[tuple[str, ...], ...]
    size: tuple[int, int]  #: width and height, in pixels
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Texts:
    """A few texts of each setting."""

    variable: str
    groups: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


Pictured = Shares | Density | Pictures | Texts


def pictured(variable: str, columns: Mapping[str, Array]) -> tuple[Pictured, ...]:
    """What is shown of a variable, by the samples of each setting; a composite or vector is shown part by part.

    Nothing is left out without a word: `notes` say what is missing, not finite, or beyond the picture.

    >>> found, = pictured("Y", {"do(X=0)": np.array(["a", "b", "a"]), "do(X=1)": np.array(["b", "b", "b"])})
    >>> found.labels, found.counts
    (('a', 'b'), ((2, 1), (0, 3)))
    """
    first = next(iter(columns.values()))
    if first.dtype.names:
        parts = [pictured(f"{variable}.{name}", {g: c[name] for g, c in columns.items()}) for name in first.dtype.names]
        return tuple(found for each in parts for found in each)
    if first.ndim == 4 and first.dtype == np.uint8:
        return (_pictures(variable, columns),)
    if first.ndim > 1:
        return tuple(_components(variable, columns))
    return (_one(variable, columns),)


def _one(variable: str, columns: Mapping[str, Array]) -> Pictured:
    kinds = {column.dtype.kind for column in columns.values()}
    if kinds <= set("fiumM"):
        return _numbers(variable, columns)
    values = {group: column.tolist() for group, column in columns.items()}
    seen = Counter(_label(value) for group in values.values() for value in group)
    longest = max((len(label) for label in seen), default=0)
    if longest > 60 and len(seen) > FEW_NUMBERS:
        return _texts(variable, values)
    return _shares(variable, values, seen, sorted(seen))


def _numbers(variable: str, columns: Mapping[str, Array]) -> Shares | Density:
    few: set[Any] = set()
    for column in columns.values():
        few.update(np.unique(column[~_absent(column)])[: FEW_NUMBERS + 1].tolist())
    numeric = all(column.dtype.kind in "fiu" for column in columns.values())
    if numeric and len(few) <= FEW_NUMBERS:
        values = {group: column.tolist() for group, column in columns.items()}
        seen = Counter(_label(value) for group in values.values() for value in group)
        order = list(dict.fromkeys(map(_label, sorted(few))))
        return _shares(variable, values, seen, [*order, *(label for label in seen if label not in order)])
    return density_of(variable, columns)


def _absent(column: Array) -> Array:
    found: Array = np.zeros(len(column), bool) if column.dtype.kind in "iu" else np.isnan(column)
    return found


def _label(value: Any) -> str:
    if value is None or value != value:
        return MISSING
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _shares(variable: str, values: Mapping[str, list[Any]], seen: Counter[str], order: list[str]) -> Shares:
    notes = []
    if len(order) > MOST_LABELS:
        rest = len(order) - MOST_LABELS + 1
        order = [label for label, _ in seen.most_common(MOST_LABELS - 1)]
        notes.append(f"{rest} labels of {variable} are counted as one, '(others)'")
    counted = []
    for group in values.values():
        found = Counter(map(_label, group))
        row = [found.pop(label, 0) for label in order]
        counted.append((*row, found.total()) if notes else tuple(row))
    return Shares(variable, tuple(values), (*order, "(others)") if notes else tuple(order), tuple(counted), (*notes,))


def _texts(variable: str, values: Mapping[str, list[Any]]) -> Texts:
    shown = [tuple(map(_cut, map(_label, group[:MOST_SHOWN]))) for group in values.values()]
    return Texts(variable, tuple(values), tuple(shown), (f"the first {MOST_SHOWN} texts of each setting",))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _components(variable: str, columns: Mapping[str, Array]) -> Iterator[Pictured]:
    """The first components of a vector; how many more there are is said of the last."""
    flat = {group: column.reshape(len(column), -1) for group, column in columns.items()}
    count = min(each.shape[1] for each in flat.values())
    for k in range(min(count, MOST_FIELDS)):
        yield _one(f"{variable}.{k}", {group: column[:, k] for group, column in flat.items()})
    if count > MOST_FIELDS:
        yield Texts(variable, (), (), (f"{count - MOST_FIELDS} more components of {variable} are not shown",))


def _pictures(variable: str, columns: Mapping[str, Array]) -> Pictures:
    first = next(iter(columns.values()))
    found = tuple(tuple(map(_png, column[:MOST_SHOWN])) for column in columns.values())
    size = (int(first.shape[3]), int(first.shape[2]))
    return Pictures(variable, tuple(columns), found, size, (f"the first {MOST_SHOWN} samples of each setting",))


def _png(image: Array) -> str:
    try:
        from PIL import Image
    except ImportError:
        raise IdgenError("pictures need pillow; pip install 'idgen-compiler[images]'") from None
    file = io.BytesIO()
    pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"

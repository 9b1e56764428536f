"""What a variable is set to in a question: one value for all samples, or one for each; labels as codes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError, near_misses

__all__ = ["Setting", "read_label"]

SHOWN_LABELS, SHOWN_VALUES, LISTED_LABELS = 20, 5, 12


@dataclass(frozen=True, slots=True)
class Setting:
    """The place of a value in a question, for messages: `do(X=...)` or `given(Z=...)`; of n samples."""

    role: str
    name: str
    n: int

    def __str__(self) -> str:
        return f"{self.role}({self.name}=...)"

    __repr__ = __str__

    def one_each(self, value: Any) -> np.ndarray:
        """The value or values with one axis.  Shape: (1,) or (n,).

        A list, tuple or range holds one value for each sample, and so does whatever becomes an array with one axis.
        Raises DataError for a mapping, for several axes, and for another number of values than n.

        >>> Setting("do", "X", 3).one_each([1, 2])
        Traceback (most recent call last):
        ...
        idgen_compiler.errors.DataError: do(X=...) has 2 values for 3 samples; give one value, or exactly 3
        """
        if isinstance(value, Mapping):
            raise DataError(
                f"{self} is a mapping, but {self.name} is no composite; give one value, or one for each sample"
            )
        many = _array(value)
        if many.ndim > 1:
            raise DataError(f"{self} has shape {many.shape}; give one value, or one for each of the {self.n} samples")
        if many.ndim == 1 and len(many) != self.n:
            raise DataError(f"{self} has {len(many)} values for {self.n} samples; give one value, or exactly {self.n}")
        return many.reshape(-1)

    def codes(self, value: Any, labels: Sequence[Any]) -> np.ndarray:
        """The places of the value or values among the labels.  Shape: (1,) or (n,) intp.

        Raises DataError, listing the labels, for a value that is none of them.

        >>> Setting("do", "X", 3).codes(["red", "blue", "red"], ("blue", "red")).tolist()
        [1, 0, 1]
        """
        place_of = {label: place for place, label in enumerate(labels)}
        many = self.one_each(value)
        try:
            found = [place_of.get(item) for item in many]
        except TypeError:  # a value that cannot even be looked up, such as a list
            raise DataError(f"{self} is {_shown(many)}, which is no label; {self._known(labels)}") from None
        if None in found:
            unseen = [item for item, place in zip(many, found, strict=True) if place is None]
            if any(map(_is_missing, unseen)):
                raise DataError(f"{self} holds a missing value; {self._known(labels)}")
            shown = _shown(list(dict.fromkeys(unseen)))
            raise DataError(f"{self} is {shown}, which the data never show; {self._known(labels)}")
        return np.asarray(found, dtype=np.intp)

    def _known(self, labels: Sequence[Any]) -> str:
        rest = ", ..." if len(labels) > SHOWN_LABELS else ""
        return f"the labels of {self.name} are {', '.join(map(repr, labels[:SHOWN_LABELS]))}{rest}"


def read_label(name: str, labels: Sequence[Any], text: str) -> Any:
    """The label that a person typed, by how it prints; 1 also stands for 1.0, and true for True.

    Raises DataError, listing the labels, for a text that names none.

    >>> read_label("X", (1, 2), " 2 ")
    2
    """
    known = [str(label) for label in labels]
    for typed in (text, text.strip()):
        if typed in known:
            return labels[known.index(typed)]
    for label in labels:
        if isinstance(label, bool):
            if text.strip().lower() == str(label).lower():
                return label
        elif isinstance(label, int | float) and _number(text) == label:
            return label
    hint = f"; it has {', '.join(known)}" if len(known) <= LISTED_LABELS else near_misses(text, known)
    raise DataError(f"{text!r} is no label of {name}{hint}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _array(value: Any) -> np.ndarray:
    """An array as it is, a tensor or a column of a table as an array; a plain value as an array without axes."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, list | tuple | range):
        many = np.empty(len(value), dtype=object)
        many[:] = list(value)
        return many
    return np.asarray(value)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and math.isnan(value))


def _shown(values: Sequence[Any] | np.ndarray) -> str:
    """The first values for a message, as Python writes them."""
    plain = (value.item() if isinstance(value, np.generic) else value for value in values[:SHOWN_VALUES])
    return ", ".join(f"{value!r:.80}" for value in plain)

"""The atoms that conditional models see.

A variable of the causal graph may be one column or several (a composite such as digit, color and
thickness). Before a model sees it, every variable is taken apart into *parts*: a discrete part is a
code in 0..size-1, a real part is a vector of about unit scale, an image part is an array of bytes, and a text part is
its letters in UTF-8. A kernel family is written for parts; one that wants the user's own labels and units asks the part
for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import numpy as np

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.errors import DataError

__all__ = ["Form", "Part", "Translation"]


class Form(Enum):
    """What the values of a part are, as messages call it, and the NumPy dtype that holds them."""

    CODES = "discrete", "int64"
    NUMBERS = "real", "float32"
    PICTURES = "an image", "uint8"
    TEXTS = "a text", "uint8"

    def __init__(self, word: str, dtype: str) -> None:
        self.word = word
        self.dtype = dtype

    def __str__(self) -> str:
        return self.word


class Translation(Protocol):
    """What a part's values stand for: the kind behind it (see `data.kinds.kind.Atom`), as far as a part asks it."""

    def told(self, encoded: Array) -> Array:
        """Encoded values as the user knows them."""
        ...

    def seen(self, name: str, values: Array) -> Array:
        """The user's values as models see them.  Raises DataError for what is none."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One atomic column.

    `size` is the number of categories of a discrete part and None for any other; `levels` are their places on a scale,
    where they have an order;
    `dim` is how many numbers a value has, 1 for a discrete part;
    `shape` is (channels, height, width) of an image and None for any other part.
    `length` is how many bytes of a text are kept, and None for any other part: a value holds each byte plus one, then
    zeros. `encoder` says what makes numbers of texts (see `data.kinds.text`).
    `masses` are the values of a number that have a probability of their own, exactly as they stand in rows, and
    `between` is whether there are any others; `low` and `high` are the ends of what these can be, None for none.

    `kind` is what its values stand for: Categorical(labels), Continuous(center, width, support, grid, ...), Image, ...;
    None for a part that was made by hand, or that a model has of its own. Parts that differ in it alone are equal.

    >>> [str(part.form) for part in (Part("X", size=3), Part("Y", dim=2), Part("P", dim=192, shape=(3, 8, 8)))]
    ['discrete', 'real', 'an image']
    """

    name: str
    size: int | None = None
    dim: int = 1
    shape: tuple[int, int, int] | None = None
    levels: tuple[float, ...] = ()
    masses: tuple[float, ...] = ()
    between: bool = True
    low: float | None = None
    high: float | None = None
    length: int | None = None
    encoder: str = ""
    kind: Translation | None = field(default=None, compare=False, repr=False)

    @property
    def labels(self) -> tuple[Any, ...]:
        """The user's labels in the order of their codes; empty where values are no categories."""
        return tuple(getattr(self.kind, "labels", ())) if self.discrete else ()

    def decode(self, values: Any) -> Array:
        """What encoded values stand for, as the user knows them: labels, numbers in their own unit, dates, bytes.

        values: an array or tensor in the encoded form, of shape (rows, *entries).  Shape: -> (rows,), (rows, dim) of a
        vector, (rows, channels, height, width) of an image. Raises DataError where nobody knows what they stand for.

        >>> from idgen_compiler.data.kinds import Categorical
        >>> (known,) = Categorical(("no", "yes")).atoms("X")
        >>> known.part.labels, known.part.decode(np.array([1, 0])).tolist(), known.part.encode(["yes"]).tolist()
        (('no', 'yes'), ['yes', 'no'], [1])
        """
        encoded = np.asarray(as_numpy(values))
        if self.discrete and encoded.size and not 0 <= encoded.min() <= encoded.max() < (self.size or 0):
            raise DataError(
                f"{self.name} has the codes 0 to {(self.size or 0) - 1}, not {encoded.min()} to {encoded.max()}"
            )
        return self._known().told(encoded.astype(self.dtype, copy=False).reshape(-1, *self.entries))

    def encode(self, values: Any) -> Array:
        """The user's own values as models see them: what `decode` undoes.

        A number of a coarse grid goes to its place, where rows to learn from are spread over its cell.
        Shape: (rows,) or (rows, ...) -> (rows, *entries) of the part's dtype. Raises DataError for what is no value.
        """
        return self._known().seen(self.name, values)

    def _known(self) -> Translation:
        if self.kind is None:
            raise DataError(f"{self.name} is a part of no variable, so that nobody knows its labels or units")
        return self.kind

    @property
    def form(self) -> Form:
        """What its values are."""
        if self.discrete:
            return Form.CODES
        if self.length is not None:
            return Form.TEXTS
        return Form.NUMBERS if self.shape is None else Form.PICTURES

    @property
    def discrete(self) -> bool:
        """Whether the part holds category codes."""
        return self.size is not None

    @property
    def entries(self) -> tuple[int, ...]:
        """The shape of one value: () of a code, (dim,) of numbers and texts, (channels, height, width) of an image."""
        return () if self.discrete else self.shape or (self.dim,)

    @property
    def dtype(self) -> str:
        """The NumPy dtype of values: int64 of codes, float32 of real numbers, uint8 of an image and of a text."""
        return self.form.dtype

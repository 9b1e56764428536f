"""The atoms that conditional models see.

A variable of the causal graph may be one column or several (a composite such as digit, color and
thickness). Before a model sees it, every variable is taken apart into *parts*: a discrete part is a
code in 0..size-1, a real part is a vector of about unit scale, an image part is an array of bytes, and a text part is
its letters in UTF-8. A kernel family is written for parts only and never sees labels, units or file formats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["Form", "Part"]


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

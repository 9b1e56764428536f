"""Values of parts as tensors: what kernel families are fitted to and give back."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError

__all__ = ["Values", "are_small", "check_forms", "of_form", "rows_at_once"]

Values = dict[str, Tensor]
"""Part name -> values.  Shape: discrete (rows,) int64; real (rows, dim) float32; image (rows, *shape) uint8."""

_FEW = 8
"""Vectors of more numbers have networks of their own, which are wider."""


def are_small(parts: Iterable[Part]) -> bool:
    """Whether all are categories and few numbers, whose models are too small to gain anything by several threads."""
    return all(part.form is Form.CODES or (part.form is Form.NUMBERS and part.dim <= _FEW) for part in parts)


def of_form(parts: Iterable[Part], *forms: Form) -> tuple[Part, ...]:
    """The parts whose values are of these forms, in their order."""
    return tuple(part for part in parts if part.form in forms)


def check_forms(parts: Iterable[Part], forms: Iterable[Form], why: str) -> None:
    """Raise DataError for a part whose values are of another form; `why` ends the sentence, with the remedy."""
    able = tuple(forms)
    for part in parts:
        if part.form not in able:
            raise DataError(f"{part.name} is {part.form}{why}")


def rows_at_once(parts: Iterable[Part], most: int, pixels: int) -> int:
    """How many rows a network takes at once: at most so many, and fewer where their largest images have more pixels."""
    largest = max((part.shape[1] * part.shape[2] for part in parts if part.shape is not None), default=1)
    return max(1, min(most, pixels // largest))

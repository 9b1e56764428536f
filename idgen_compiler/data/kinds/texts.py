"""Typed texts as numbers and as lists."""

from __future__ import annotations

import csv

from idgen_compiler.errors import DataError
from idgen_compiler.forms.shown import cut

__all__ = ["read_number", "split", "typed_number"]


def typed_number(text: str) -> float:
    """The number that a person typed, perhaps with the minus of typographers.  Raises ValueError for any other text.

    >>> typed_number("+1"), typed_number("\u22120.5")
    (1.0, -0.5)
    """
    return float(text.replace("\u2212", "-"))


def read_number(name: str, text: str) -> float:
    """The number that a person typed.  Raises DataError for any other text."""
    try:
        return typed_number(text)
    except ValueError:
        raise DataError(f"{cut(text)} is no number, and {name} is real-valued") from None


def split(text: str) -> list[str]:
    """What commas separate, in quotes where it holds a comma itself.

    >>> split('red, "a, b"')
    ['red', 'a, b']
    """
    return [part.strip() for part in next(csv.reader([text], skipinitialspace=True), [])]

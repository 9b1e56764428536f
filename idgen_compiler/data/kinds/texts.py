"""Typed texts as numbers and as lists."""

from __future__ import annotations

import csv

from idgen_compiler.errors import DataError
from idgen_compiler.forms.shown import cut

__all__ = ["read_number", "split"]


def read_number(name: str, text: str) -> float:
    """The number that a person typed.  Raises DataError for any other text."""
    try:
        return float(text)
    except ValueError:
        raise DataError(f"{cut(text)} is no number, and {name} is real-valued") from None


def split(text: str) -> list[str]:
    """What commas separate, in quotes where it holds a comma itself.

    >>> split('red, "a, b"')
    ['red', 'a, b']
    """
    return [part.strip() for part in next(csv.reader([text], skipinitialspace=True), [])]

"""What messages show of a user's values: a few of them, each cut short, and how many more there are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import islice
from typing import Any

__all__ = ["LISTED", "WIDEST", "cut", "listed"]

LISTED, WIDEST = 3, 40
"""So many values are shown, each in so many characters."""


def cut(value: Any, form: Callable[[Any], str] = repr) -> str:
    """A value as Python writes it, without what lies beyond its first characters.

    >>> cut("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'"
    """
    if isinstance(value, str) and form is repr:
        value = value[: 2 * WIDEST]  # a text of megabytes is not written out
    try:
        text = form(value)
    except ValueError:  # a whole number of more digits than Python writes
        return f"a {type(value).__name__}"
    if len(text) <= WIDEST:
        return text
    quote = text[0] if isinstance(value, str) and form is repr else ""
    return f"{text[: WIDEST - 3 - len(quote)]}...{quote}"


def listed(values: Collection[Any], form: Callable[[Any], str] = repr) -> str:
    """The first values, and how many more there are.

    >>> listed(["a", "b", "c", "d", "e"])
    "'a', 'b', 'c' and 2 more"
    """
    shown = ", ".join(cut(value, form) for value in islice(values, LISTED))
    more = len(values) - LISTED
    return f"{shown} and {more} more" if more > 0 else shown

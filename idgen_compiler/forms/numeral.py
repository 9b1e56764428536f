"""Numbers that remember how they were written: 01, 1.10 and 1e3 may be labels, other ones than 1, 1.1 and 1000.0."""

from __future__ import annotations

import re

__all__ = ["Numeral", "read_numeral"]


class Numeral:
    """A number whose printed form is the text that it was read from; in all else it is that number."""

    text: str

    def __new__(cls, text: str) -> Numeral:
        """The number that a text says.  Raises ValueError for a text that says none."""
        found = super().__new__(cls, text)  # type: ignore[call-arg]  # of int or float, which read texts
        found.text = text
        return found

    def __repr__(self) -> str:
        return self.text

    def __getnewargs__(self) -> tuple[str]:
        return (self.text,)


class _Whole(Numeral, int):  # type: ignore[misc]  # which read their own text
    pass


class _Real(Numeral, float):  # type: ignore[misc]
    pass


def read_numeral(text: str) -> int | float:
    """The number that a text says, plain where it prints as that text, and a `Numeral` otherwise.

    Raises ValueError for a text that says none.

    >>> read_numeral("1"), read_numeral("01"), read_numeral("01") == 1, read_numeral("1.10") + 1
    (1, 01, True, 2.1)
    """
    whole = re.fullmatch(r"[-+]?\d+", text) is not None
    plain = int(text) if whole else float(text)
    if repr(plain) == text:
        return plain
    return _Whole(text) if whole else _Real(text)

"""What a user says of a column of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom, Request
from idgen_compiler.data.kinds.numbers.continuous import Continuous
from idgen_compiler.data.kinds.numbers.integer import Integer
from idgen_compiler.data.kinds.numbers.limits import check_said
from idgen_compiler.data.kinds.numbers.shape import Bounds, Said
from idgen_compiler.data.kinds.texts import read_number
from idgen_compiler.errors import DataError

__all__ = ["Numeric", "read_type"]

_SAID = re.compile(r"(?P<kind>continuous|integer)(?:\[(?P<ends>[^\]]*)\])?(?:\{(?P<masses>[^}]*)\})?")


@dataclass(frozen=True, slots=True)
class Numeric(Said, Request):
    """What somebody says of a column of numbers; what is None is found in the data.

    support: the ends of what can occur beside the masses, None for an open one.  masses: the values with a probability
    of their own.  grid: of what all values are multiples, 0 for none.  whole: whether they are whole numbers.

    >>> Numeric(support=(0, None), masses=(0,)).support
    (0, None)
    """

    whole: bool = False

    def __post_init__(self) -> None:
        check_said(self.support or (None, None), self.masses or (), self.grid or 0.0)

    @property
    def kind(self) -> type[Atom]:
        return Integer if self.whole else Continuous

    def of(self, column: Column) -> Atom:
        return (Integer if self.whole else Continuous).of(column, self)


def read_type(name: str, text: str) -> str | Numeric:
    """The type of a column that a person typed: a kind's word, or a kind of number with its ends and its masses.

    Raises DataError for ends or masses that are no numbers.

    >>> read_type("hours", "continuous[0,]{40}")
    Numeric(support=(0.0, None), masses=(40.0,), grid=None, whole=False)
    >>> read_type("place", "categorical")
    'categorical'
    """
    said = _SAID.fullmatch(text.strip())
    if said is None or (said["ends"] is None and said["masses"] is None):
        return text
    ends: Bounds | None = None
    if said["ends"] is not None:
        low, mark, high = said["ends"].partition(",")
        if not mark:
            raise DataError(f"types {name}={text}: the ends are two, as in {said['kind']}[0,] or {said['kind']}[0,100]")
        ends = _end(name, low), _end(name, high)
    masses = None
    if said["masses"] is not None:
        masses = tuple(read_number(name, part) for part in said["masses"].split(",") if part.strip())
    return Numeric(ends, masses, whole=said["kind"] == "integer")


def _end(name: str, text: str) -> float | None:
    return read_number(name, text) if text.strip() else None

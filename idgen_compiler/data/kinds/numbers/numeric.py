"""What a user says of a column of numbers."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.data.column import Column
from idgen_compiler.data.kinds.kind import Atom, Request
from idgen_compiler.data.kinds.numbers.continuous import Continuous
from idgen_compiler.data.kinds.numbers.integer import Integer
from idgen_compiler.data.kinds.numbers.limits import check_said
from idgen_compiler.data.kinds.numbers.shape import Said

__all__ = ["Numeric"]


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

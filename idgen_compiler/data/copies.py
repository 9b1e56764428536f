"""Rows that were multiplied, as a join or a copied file leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.warning import warn_data

__all__ = ["Seen", "copies_among", "warn_copies"]

FEW, SHARE = 50, 0.9
"""So few different rows say nothing; a table is said to have copies where at most this share of its rows differ."""
HARDLY = 0.01
"""Copies that are a smaller share of the rows bear on nothing."""
APART = 0.2
"""Rows whose numbers are equal are no copies where categories differ more than this share of as often as in any two."""
CHANCE = 5
"""Rows of rounded numbers are equal by chance, too, about half as often as they lie next to each other; so many times
as often they are copies."""
_MOST_CODES = 2**20


@dataclass(frozen=True, eq=False)
class Seen:
    """A column's values, numbered from 0.

    once: whether a value is none that rows have in common by themselves, as categories and point masses are.
    ordered: whether codes ascend as the values do, where two may be next to each other.  stepped: whether most of those
    that are lie the same step apart, as whole numbers do, which rows have in common as well.
    Shape: codes (rows,) int64, once (rows,).
    """

    codes: Array
    count: int
    once: Array
    ordered: bool = False
    stepped: bool = False

    @classmethod
    def categories(cls, codes: Array, count: int) -> Seen:
        """Codes, which rows have in common by themselves."""
        return cls(codes, count, np.zeros(len(codes), dtype=bool))

    @classmethod
    def numbers(cls, values: Array, once: Array) -> Seen:
        """Numbers, or vectors of numbers.  Shape: values (rows,) or (rows, dim)."""
        if values.ndim == 1 or values.shape[1] == 1:
            found, codes = np.unique(values, return_inverse=True)
            return cls(codes.reshape(-1), len(found), once, ordered=True, stepped=_is_stepped(found))
        each = (pandas().factorize(own) for own in values.T)
        return cls(*_together((codes, len(found)) for codes, found in each), once)


def copies_among(columns: Iterable[Seen]) -> Array | None:
    """Numbers from 0 on, equal for rows that are copies of each other; None where hardly any are.

    Copies are equal in all columns, a number that is no point mass among them, and are so beyond chance: of rows with
    the same numbers hardly any have other categories, as new draws for the same person would; and where all numbers
    are rounded, far more rows are equal than lie next to each other. A column alone, and categories alone, do not say.
    Columns are looked at in turn, and no more once one shows that no row recurs.
    Shape: -> (rows,) int64.

    >>> x = np.random.default_rng(0).normal(size=(4, 2))[[0, 1, 2, 1]]
    >>> columns = [Seen.numbers(each, each != 0) for each in x.T]
    >>> copies_among(columns).tolist(), copies_among(columns[:1])
    ([0, 1, 2, 1], None)
    """
    found = list[Seen]()
    for column in columns:
        found.append(column)
        if column.count == len(column.codes):
            return None
    numbers = [column for column in found if column.once.any()]
    if len(found) < 2 or not numbers:
        return None
    if len(numbers) == 1 and numbers[0].stepped:
        return None
    there = np.logical_or.reduce([column.once for column in numbers])
    whole, count = _rows(found)
    if _by_chance(numbers, [column for column in found if not column.once.any()], there):
        return None
    copied = there & (np.bincount(whole, minlength=count)[whole] > 1)
    if np.count_nonzero(copied) - len(pandas().unique(whole[copied])) < HARDLY * len(whole):
        return None
    own = np.where(copied, whole, count + np.arange(len(whole)))
    return np.asarray(pandas().factorize(own)[0], dtype=np.int64)


def warn_copies(copies: Array | None) -> None:
    """Warn (DataWarning) of a table many of whose rows are copies.  Shape: (rows,), as `copies_among` tells them."""
    if copies is not None and FEW <= (count := int(copies.max()) + 1) <= SHARE * len(copies):
        warn_data(
            f"only {count} of {len(copies)} rows are different, which chance does not do, but a join or a copied file "
            "that multiplied rows; each counts as if seen anew, so drop the copies"
        )


def _rows(columns: Sequence[Seen]) -> tuple[Array, int]:
    return _together((column.codes, column.count) for column in columns)


def _together(columns: Iterable[tuple[Array, int]]) -> tuple[Array, int]:
    """Codes of rows, numbered anew where they would be too many."""

    def beside(one: tuple[Array, int], other: tuple[Array, int]) -> tuple[Array, int]:
        codes, count = one[0] * other[1] + other[0], one[1] * other[1]
        if count <= max(_MOST_CODES, len(codes)):
            return codes, count
        found, seen = pandas().factorize(codes)
        return found, len(seen)

    return reduce(beside, columns)


def _by_chance(numbers: Sequence[Seen], categories: Sequence[Seen], there: Array) -> bool:
    """Whether rows may well be equal by themselves: these (rows,) of them, whose numbers are no point masses."""
    alike, count = _rows(numbers)
    alike = alike[there]
    same = _pairs(np.bincount(alike, minlength=count))
    if categories:
        other, size = _rows(categories)
        kind, cells = other[there], np.bincount(other[there], minlength=size)
        both = _pairs(np.bincount(_together([(alike, count), (kind, size)])[0]))
        any_two = 1 - _pairs(cells) / max(len(kind) * (len(kind) - 1) / 2, 1)
        if same - both > APART * any_two * same:
            return True
    finest = max(numbers, key=lambda column: column.count)
    if len(numbers) < 2 or not finest.ordered:
        return False
    rest, _ = _rows([column for column in numbers if column is not finest])
    cells, often = np.unique(rest[there] * (finest.count + 1) + finest.codes[there], return_counts=True)
    beside = float((often[1:] * often[:-1])[np.diff(cells) == 1].sum())
    return same <= CHANCE * beside


def _is_stepped(values: Array) -> bool:
    """Whether most of some values, ascending, lie the smallest step apart."""
    gaps = np.diff(values).astype(np.float64)
    return len(gaps) > 0 and float(np.mean(gaps < 1.5 * gaps.min())) > 0.5


def _pairs(counts: Array) -> float:
    """How many pairs there are in groups of so many."""
    return float((counts * (counts - 1.0) / 2).sum())

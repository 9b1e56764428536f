"""How many of some rows ask a model what its own rows do not show, and where."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from idgen_torch.parts import Values
from idgen_torch.running.learned.ends import End
from idgen_torch.running.overlap.beside import Beside, besides
from idgen_torch.running.overlap.gaps import in_gap
from idgen_torch.running.overlap.places import Place, places
from idgen_torch.running.overlap.support import Column, Support, codes_of
from idgen_torch.running.overlap.together import Together

__all__ = ["Finding", "Lookout"]

SHARE = 0.1
SHARE_OF_CELLS = 0.02
"""So much of an answer may rest on cells without rows: of numbers, whose tails are always thin, and of categories."""

UNSEEN = 0.2
"""So much of an answer may rest on pairs of categories that happen not to occur, each of which is rare anyway."""

NEARLY = 0.6
"""Two or three inputs are named for what is found where they account for this much of it."""


@dataclass(frozen=True, eq=False)
class Finding:
    """A `share` of rows lies where the data show none, by some columns together; `place` has their cells.

    Shape: codes and values of the `rows` (rows that lie there,). Without a place all numbers together say so, or,
    with `near`, the rows near, of which hardly any has the value of the category that is the last column.
    """

    share: float
    columns: tuple[int, ...]
    place: Place | None
    rows: Tensor  #: which of the rows that were looked at
    codes: Tensor
    none: bool  #: whether there is no row at all, not only hardly any
    near: bool = False  #: whether the rows near say so


@dataclass(frozen=True, eq=False)
class Lookout:
    """What looks at the rows that a model is asked about; at `ends` of its inputs it does not give its rows back."""

    support: Support
    ends: tuple[End, ...] = ()

    @cached_property
    def places(self) -> list[Place]:
        """Inputs together, few ones first."""
        return places(self.support)

    @cached_property
    def together(self) -> Together | None:
        """All numbers together."""
        return Together.of(self.support)

    @cached_property
    def besides(self) -> list[Beside]:
        """Each category that stands apart, beside all others."""
        return besides(self.support)

    def look(self, rows: Values) -> Finding | None:
        """What is to be said about some rows, by part; None where the data support enough of them."""
        codes = codes_of(self.support.columns, rows)
        count = len(codes)
        if not count:
            return None
        cells = [place.cells(codes) for place in self.places]
        bare = [place.bare[cell] for place, cell in zip(self.places, cells, strict=True)]
        firm = torch.zeros(count, dtype=torch.bool)
        found = torch.zeros(count, dtype=torch.bool)
        for place, there in zip(self.places, bare, strict=True):
            found |= there
            if not any(self.support.columns[k].number for k in place.columns):
                firm |= there
        absurd = None if self.together is None else self.together.absurd(codes)
        if absurd is not None:
            found |= absurd
        if _many(found, SHARE) or _many(firm, SHARE_OF_CELLS):
            return self._named(codes, found, bare, absurd)
        return self._unseen(codes, cells) or self._between(codes, rows) or self._near(codes)

    def at_ends(self, rows: Values) -> Iterator[tuple[float, End, Column, Tensor]]:
        """Ends at which many of some rows ask: their share, the end, its column, and which rows they are."""
        named = {column.part: column for column in self.support.columns}
        for end in self.ends:
            if end.part in named:
                there = end.beyond(rows[end.part][:, 0])
                if _many(there, SHARE):
                    yield float(there.double().mean()), end, named[end.part], there.nonzero()[:, 0]

    def _near(self, codes: Tensor) -> Finding | None:
        """Values of a category that no row near has, with the other inputs as they are."""
        for beside in self.besides:
            index, measures = beside.bare(codes)
            there = max(measures, key=lambda measure: int(measure.sum()))
            if _many(there, SHARE):
                rows, columns = index[there], (*beside.others, beside.column)
                return Finding(float(there.double().mean()), columns, None, rows, codes[rows], False, near=True)
        return None

    def _between(self, codes: Tensor, rows: Values) -> Finding | None:
        """Numbers that the caller sets where the data have a gap."""
        for k, column in enumerate(self.support.columns):
            if column.set and column.number:
                there = in_gap(column, self.support.kept[column.part], rows[column.part])
                if _many(there, SHARE):
                    share = float(there.double().mean())
                    return Finding(share, (k,), None, there.nonzero()[:, 0], codes[there], self.support.whole)
        return None

    def _named(self, codes: Tensor, found: Tensor, bare: list[Tensor], absurd: Tensor | None) -> Finding:
        share, best = float(found.double().mean()), None
        for size in sorted({len(place.columns) for place in self.places}):
            candidates = [k for k, place in enumerate(self.places) if len(place.columns) == size]
            best = max(candidates, key=lambda k: int(bare[k].sum()), default=None)
            if best is not None and float(bare[best].double().mean()) >= NEARLY * share:
                return self._at(codes, share, self.places[best], bare[best])
        if absurd is not None and float(absurd.double().mean()) >= NEARLY * share and self.together is not None:
            return Finding(share, self.together.columns, None, absurd.nonzero()[:, 0], codes[absurd], False)
        best = max(range(len(self.places)), key=lambda k: int(bare[k].sum()))
        return self._at(codes, share, self.places[best], bare[best])

    def _unseen(self, codes: Tensor, cells: list[Tensor]) -> Finding | None:
        """Categories of which many levels leave most pairs without a row; and values that the caller sets together."""
        if not self.support.whole:
            return None
        columns = self.support.columns
        for place, cell in zip(self.places, cells, strict=True):
            if len(place.columns) > 2 or any(columns[k].number for k in place.columns):
                continue
            there = place.empty[cell]
            if _many(there, UNSEEN):
                return self._at(codes, float(there.double().mean()), place, there)
        chosen = [k for k, column in enumerate(columns) if column.set and not column.number]
        if len(chosen) < 3:
            return None
        known = self.support.codes[:, chosen].unique(dim=0)
        asked, place_of = codes[:, chosen].unique(dim=0, return_inverse=True)
        new = (
            ~(asked[:, None, :] == known[None, :, :]).all(2).any(1)
            if len(asked) <= 100
            else torch.zeros(len(asked), dtype=torch.bool)
        )
        there = new[place_of]
        if not _many(there, UNSEEN):
            return None
        return Finding(float(there.double().mean()), tuple(chosen), None, there.nonzero()[:, 0], codes[there], True)

    def _at(self, codes: Tensor, share: float, place: Place, there: Tensor) -> Finding:
        near = place.near[place.cells(codes[there])]
        none = self.support.whole and not bool((near > 0).any())
        return Finding(share, place.columns, place, there.nonzero()[:, 0], codes[there], none)


def _many(there: Tensor, share: float) -> bool:
    """Whether more rows than a share are there, beyond chance where rows are few."""
    count = len(there)
    return int(there.sum()) > share * count + 2 * math.sqrt(share * (1 - share) * count)

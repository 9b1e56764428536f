"""How many of some rows ask a model what its own rows do not show, and where."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from idgen_torch.parts import Values
from idgen_torch.running.learned.stretches import Stretch
from idgen_torch.running.overlap.beside import Beside, besides
from idgen_torch.running.overlap.places import Place, places
from idgen_torch.running.overlap.support import Column, Support, codes_of
from idgen_torch.running.overlap.thin import sparse_pair
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
    """What looks at the rows that a model is asked about; it cannot be trusted in `stretches` of what is set."""

    support: Support
    stretches: tuple[Stretch, ...] = ()

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

    def look(self, rows: Values, alone: bool = True) -> Finding | None:
        """What is to be said about some rows, by part; None where the data support enough of them.

        alone: whether numbers that are set are looked at without what comes out of rows.
        """
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
        if (unseen := self._unseen(codes, cells)) is not None:
            return unseen
        return (self._sparse(codes, rows) if alone else None) or self._near(codes)

    def at_stretches(self, rows: Values) -> Iterator[tuple[float, Stretch, Column, Tensor]]:
        """Stretches in which many of some rows ask: their share, a stretch, its column, and which rows they are.

        Where hardly any row lies nothing is said of those that do.
        """
        named = {column.part: column for column in self.support.columns}
        groups: dict[tuple[str, str], list[Stretch]] = {}
        for stretch in sorted(self.stretches, key=lambda each: each.target):
            if stretch.part in named:
                groups.setdefault((stretch.part, stretch.target), []).append(stretch)
        for (part, target), its in groups.items():
            column = named[part]
            held = [stretch.holds(rows[part][:, column.entry]) for stretch in its]
            there = torch.stack(held).any(0)
            if target:
                there &= ~self._thin(part, rows)
            if _many(there, SHARE_OF_CELLS if target else SHARE):
                most = max(range(len(its)), key=lambda k: int((held[k] & there).sum()))
                yield float(there.double().mean()), its[most], column, there.nonzero()[:, 0]

    def _thin(self, part: str, rows: Values) -> Tensor:
        """Which rows ask at values of an input that is set near which hardly any row lies.  Shape: (rows,) bool."""
        found = torch.zeros(len(rows[part]), dtype=torch.bool)
        for stretch in self.stretches:
            if stretch.part == part and not stretch.target:
                found |= stretch.holds(rows[part][:, 0])
        return found

    def _near(self, codes: Tensor) -> Finding | None:
        """Values of a category that no row near has, with the other inputs as they are."""
        for beside in self.besides:
            index, measures = beside.bare(codes)
            there = max(measures, key=lambda measure: int(measure.sum()))
            if _many(there, SHARE):
                rows, columns = index[there], (*beside.others, beside.column)
                return Finding(float(there.double().mean()), columns, None, rows, codes[rows], False, near=True)
        return None

    def _sparse(self, codes: Tensor, rows: Values) -> Finding | None:
        """Values that the caller sets together, numbers among them, near which hardly any row lies."""
        alone = torch.zeros(len(codes), dtype=torch.bool)
        for part in {stretch.part for stretch in self.stretches}:
            alone |= self._thin(part, rows)
        others = (~alone).nonzero()[:, 0]
        found = sparse_pair(self.support, rows, others)
        if found is None or not _many(found[2], SHARE):
            return None
        pair, index, there = found
        share = float(there.double().mean()) * len(others) / len(codes)
        return Finding(share, pair, None, index[there], codes[index[there]], False, near=True)

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

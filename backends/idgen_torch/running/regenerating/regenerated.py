"""Rows of a law that are regenerated, piece by piece: each piece from a seed of its own, wherever it is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from idgen_compiler.graph.names import variable_of
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import DataSet, WiredNetwork, pieces_of
from idgen_torch.running.files.made import Drawn
from idgen_torch.running.laws import AskedLaw, Contracted, look
from idgen_torch.running.overlap.watch import Watch
from idgen_torch.tensors import room
from idgen_torch.training.progress import Progress

__all__ = ["Regenerated"]


@dataclass(frozen=True, eq=False)
class Regenerated:
    """How `count` rows of a law are drawn, and what is said of them.

    name: of the streams of random numbers.  found: the law itself, where it is summed and no row is drawn.
    """

    wired: WiredNetwork
    asked: AskedLaw
    watch: Watch
    count: int
    seed: int
    name: str
    found: Contracted | None

    @property
    def pieces(self) -> int:
        """How many pieces there are; none of a law that is summed."""
        return 0 if self.found is not None else pieces_of(self.wired.schema, self.wired.network, self.count)

    @property
    def told(self) -> dict[str, int]:
        """What the rows depend on beside the law: their number and seed, and how they are cut where they are."""
        cut = {"rows of a piece": self.wired.batch_rows} if self.pieces > 1 else {}
        return {"rows": self.count, "seed": self.seed, **cut}

    def drawn(self, progress: Progress, title: str, there: Callable[[int], Drawn | None] = lambda _: None) -> Drawn:
        """All rows; of pieces that are `there` those. Warns (OverlapWarning) of what was said of them."""
        watch, said = self.watch, list[str]()
        before = set(watch.told)
        progress.start(title, max(1, self.pieces))
        if self.found is not None:
            look(self.asked, self.seed)
            said += watch.tell()
            progress.advance(math.nan)
            data: DataSet | Contracted = self.found
        else:
            rows = Values()
            for number in range(self.pieces):
                piece = there(number)
                self._put(rows, number, self._rows(number) if piece is None else self._read(number, piece))
                said += watch.tell()
                progress.advance(math.nan)
            data = DataSet(rows, self.count)
        progress.done()
        return Drawn(data, tuple(said), tuple(sorted(watch.told - before)))

    def piece(self, number: int) -> Drawn:
        """The rows of one piece, and what was said of them, which whoever takes them says aloud."""
        before = set(self.watch.told)
        rows = self._rows(number)
        said, self.watch.found = tuple(self.watch.found), []
        count = len(next(iter(rows.values())))
        return Drawn(DataSet(rows, count), said, tuple(sorted(self.watch.told - before)))

    def _rows(self, number: int) -> Values:
        return self.wired.piece(number, self.count, self.seed, self.name)

    def _read(self, number: int, piece: Drawn) -> Values:
        """The rows of a piece that another one drew; what was said of them is found by this watch, too."""
        if number == 0:
            self.watch.found.extend(piece.said)
            self.watch.told.update(piece.places)
        else:
            for text in piece.said:
                self.watch.say(text)
        return piece.data.of(()).rows

    def _put(self, rows: Values, number: int, piece: Values) -> None:
        """Put a piece in its place; room for all rows is made with the first."""
        start = number * self.wired.batch_rows
        parts = self.wired.schema.parts(*map(variable_of, self.wired.network.outputs))
        for part in parts:
            values = piece[part.name]
            if part.name not in rows:
                rows[part.name] = room(part, self.count, values)
            rows[part.name][start : start + len(values)] = values

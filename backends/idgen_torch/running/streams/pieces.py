"""Samples in numbered pieces, each from a seed of its own, so that several processes can share them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from idgen_compiler.errors import DataError
from idgen_torch.running.ancestral import Slots, WiredNetwork

__all__ = ["Pieces", "pieces_of"]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of `size` samples, without an end or as many as are asked for; of these every `of`-th from `first` on."""

    size: int
    endless: bool = False
    first: int = 0
    of: int = 1

    def run(self, wired: WiredNetwork, inputs: Slots, n: int, seed: int, name: str) -> Iterator[tuple[int, Slots]]:
        """The samples and output slots of each piece.

        Raises DataError for values that differ from sample to sample where there is no end.
        """
        if self.endless and (varied := [slot for slot, parts in inputs.items() if any(len(t) > 1 for t in parts)]):
            raise DataError(
                f"{varied[0]} has a value for each sample, and a stream without an end has no number of samples; give "
                "n, or one value"
            )
        for number in count(self.first, self.of):
            start = number * self.size
            if not self.endless and start >= n:
                return
            size = self.size if self.endless else min(self.size, n - start)
            rows = slice(start, start + size)
            piece = {slot: tuple(t[rows] if len(t) > 1 else t for t in parts) for slot, parts in inputs.items()}
            yield wired.whole(piece, size, seed, f"{name}, piece {number} of {self.size}")


def pieces_of(size: object, endless: bool) -> Pieces:
    """Pieces of a size that somebody gave.  Raises DataError for what is none."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise DataError(f"batch_size is {size!r:.40}; give how many samples a piece has, such as batch_size=256")
    return Pieces(size, endless)

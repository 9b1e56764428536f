"""At which places a conditional is asked: rows with the same inputs are one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from idgen_torch.tensors import equal_rows

__all__ = ["Asked"]


@dataclass(frozen=True, eq=False)
class Asked:
    """Rows by place.

    first: a row of each place, shape (places,).  order: rows sorted by place.  starts: where each place begins there,
    shape (places + 1,).  All int64, on the CPU.
    """

    first: Tensor
    order: Tensor
    starts: Tensor

    @classmethod
    def of(cls, inputs: Sequence[Tensor], n: int) -> Asked:
        """The places of n rows of some inputs.  Shape of each: (n, ...)."""
        varying = [t for t in inputs if len(t) and not _is_one(t)]
        if not varying:
            starts = torch.tensor([0, n][: 1 + min(n, 1)], dtype=torch.long)
            return cls(torch.zeros(min(n, 1), dtype=torch.long), torch.arange(n), starts)
        # One number after the other: those of equal rows may leave gaps.
        codes = equal_rows([values.detach().reshape(n, -1) for values in varying]).unique(return_inverse=True)[1]
        order = codes.argsort(stable=True)
        counts = codes.bincount()
        starts = torch.cat((torch.zeros(1, dtype=torch.long), counts.cumsum(0)))
        return cls(order[starts[:-1]], order, starts)

    @property
    def places(self) -> int:
        """How many there are."""
        return len(self.first)

    @property
    def total(self) -> int:
        """How many rows there are."""
        return len(self.order)

    @cached_property
    def counts(self) -> Tensor:
        """Rows of each place.  Shape: (places,)."""
        return self.starts.diff()

    @cached_property
    def most(self) -> int:
        """The largest number of rows of one place."""
        return int(self.counts.max()) if self.places else 0

    def rows(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """The rows of some places, and the number among these of each row's place.  Shape: (rows,) each."""
        counts = self.counts[places]
        of = torch.arange(len(places)).repeat_interleave(counts)
        offset = torch.arange(len(of)) - (counts.cumsum(0) - counts)[of]
        return self.order[self.starts[places][of] + offset], of


def _is_one(values: Tensor) -> bool:
    """Whether all rows are the same."""
    if values.stride(0) == 0:
        return True
    return all(bool((piece == values[:1]).all()) for piece in values.split(2**16))

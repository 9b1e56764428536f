"""Samples of an intervened law as an iterable data set of torch, for training loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from idgen_compiler.hinge.samples import Samples
from idgen_torch.running.streams.pieces import Pieces

__all__ = ["SampleDataset"]


@dataclass(eq=False)
class SampleDataset(IterableDataset[dict[str, Any]]):
    """Batches as dictionaries: numbers, truth values and images as tensors, labels and composites as arrays of NumPy.

    Hand it to a `DataLoader` with `batch_size=None`. Workers share the batches out: together they give those that one
    process gives, in the same order. Every pass gives the same ones again, until `seed` is another.
    """

    draw: Callable[[Pieces, int], Iterator[Samples]]
    pieces: Pieces
    seed: int

    def __iter__(self) -> Iterator[dict[str, Any]]:
        worker = get_worker_info()
        mine = self.pieces if worker is None else replace(self.pieces, first=worker.id, of=worker.num_workers)
        return map(_tensors, self.draw(mine, self.seed))


def _tensors(samples: Samples) -> dict[str, Any]:
    return {name: _tensor(np.asarray(samples[name])) for name in samples}


def _tensor(values: Any) -> Any:
    return torch.from_numpy(values) if values.dtype.kind in "biuf" else values

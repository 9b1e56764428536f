"""Processes that train one network together, each with its share of the rows of every batch.

`torch.distributed` joins them. What a step sees is drawn in each process for the whole batch, from the same streams,
and each takes its rows of it; so the draws are those of one process, and the average of the gradients is the gradient
of the batch, up to the order in which numbers are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn

from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.execute import Lost

__all__ = ["ALONE", "Crew"]

_WAIT = timedelta(days=365)
"""So long a process waits for what another one decides, which may train something else before."""


@dataclass(frozen=True)
class Crew:
    """Which of several processes this one is. The first one, of rank 0, decides, and what it has is the result."""

    rank: int = 0
    size: int = 1
    talks: Any = field(default=None, compare=False, repr=False)  #: the group in which they tell each other something

    @classmethod
    def joined(cls) -> Crew:
        """The processes that are joined by now; this one alone where none are."""
        if not (distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1):
            return ALONE
        talks = distributed.new_group(backend="gloo", timeout=_WAIT)
        return cls(distributed.get_rank(), distributed.get_world_size(), talks)

    @property
    def first(self) -> bool:
        """Whether this process is the one that decides."""
        return self.rank == 0

    # -- shares ---------------------------------------------------------------------------------------------------

    def share(self, values: Tensor) -> Tensor:
        """This process's rows of a batch; one of them, which counts nothing, where there are fewer rows than processes.

        Shape: (rows, ...) -> (own rows, ...).

        >>> [Crew(rank, 3).share(torch.arange(7)).tolist() for rank in range(3)]
        [[0, 3, 6], [1, 4], [2, 5]]
        """
        if self.size == 1:
            return values
        own = values[self.rank :: self.size]
        return own if len(own) else values[:1]

    def weight(self, count: int) -> float:
        """What the mean over the own rows of a batch is multiplied by, so that the mean over processes is that of all.

        >>> [round(Crew(rank, 3).weight(7), 3) for rank in range(3)], Crew(2, 3).weight(2)
        ([1.286, 0.857, 0.857], 0.0)
        """
        return len(range(self.rank, count, self.size)) * self.size / count

    def check(self, network: nn.Module, name: str) -> None:
        """Raise DataError for a network whose answer for a row depends on the other rows of the batch."""
        if self.size > 1 and any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in network.modules()):
            raise DataError(
                f"{name} has batch normalization, which sees all rows of a batch, and {self.size} workers would each "
                "see their own; use another normalization, or workers_per_model=1"
            )

    # -- what they tell each other --------------------------------------------------------------------------------

    def mean(self, value: Tensor) -> Tensor:
        """The mean over processes of a number that each has, on its own device."""
        if self.size == 1:
            return value
        found = value.clone()
        distributed.all_reduce(found)
        return found / self.size

    def agreed(self, *values: float) -> tuple[float, ...]:
        """Numbers as the first process has them."""
        if self.size == 1:
            return values
        found = torch.tensor(values, dtype=torch.float64)
        distributed.broadcast(found, 0, group=self.talks)
        return tuple(found.tolist())

    def alike(self, tensors: Iterable[Tensor]) -> None:
        """Let tensors hold what those of the first process hold, in place."""
        if self.size > 1:
            with torch.no_grad():
                for values in tensors:
                    whole = values.contiguous()  # as pictures' weights on a GPU are not laid out
                    distributed.broadcast(whole, 0)
                    values.copy_(whole)

    def say(self, text: str) -> None:
        """Tell the others, who `hear`."""
        if self.size == 1:
            return
        said = torch.tensor(list(text.encode()), dtype=torch.uint8)
        distributed.broadcast(torch.tensor([len(said)], dtype=torch.int64), 0, group=self.talks)
        if text:
            distributed.broadcast(said, 0, group=self.talks)

    def hear(self) -> str:
        """What the first one tells next, however long it takes."""
        length = torch.zeros(1, dtype=torch.int64)
        distributed.broadcast(length, 0, group=self.talks)
        said = torch.empty(int(length), dtype=torch.uint8)
        if not int(length):
            return ""
        distributed.broadcast(said, 0, group=self.talks)
        return bytes(said.tolist()).decode()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Meanwhile they wait for each other.

        Raises Lost for an error that is none of ours, such as that one of them is gone: all begin again.
        """
        try:
            yield
        except IdgenError:
            raise
        except RuntimeError as error:
            if self.size == 1:
                raise
            raise Lost(f"a training that {self.size} workers share broke off ({error})") from error


ALONE = Crew()
"""One process by itself."""

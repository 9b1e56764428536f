"""Random draws that take their generator as an argument and are fast for a million rows."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = [
    "AliasTable",
    "categorical",
    "generator_for",
    "integers",
    "normal",
    "rows_by_weight",
    "some_rows",
    "uniform",
]

_STRETCH = 8
"""Stretches of fewer rows than this are not worth their arithmetic."""


def generator_for(seed: int) -> torch.Generator:
    """A fresh CPU generator; training draws its permutations and starting weights from it."""
    return torch.Generator().manual_seed(seed)


def uniform(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    """U[0, 1) float32, drawn where the generator lives and moved to `device`."""
    return torch.rand(shape, generator=generator, dtype=torch.float32, device=generator.device).to(device)


def normal(shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> Tensor:
    """N(0, 1) float32, drawn where the generator lives and moved to `device`."""
    return torch.randn(shape, generator=generator, dtype=torch.float32, device=generator.device).to(device)


def integers(high: int, n: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """Uniform codes 0..high-1.  Shape: (n,) int64."""
    return torch.randint(high, (n,), generator=generator, device=generator.device).to(device)


def rows_by_weight(count: int, weights: Tensor | None, n: int, generator: torch.Generator) -> Tensor:
    """n row numbers of `count` with replacement, in proportion to their weights.  Shape: (n,) int64, on the CPU."""
    if weights is None:
        return torch.randint(count, (n,), generator=generator)
    cumulative = weights.detach().cpu().double().cumsum(0)
    height = torch.rand(n, generator=generator, dtype=torch.float64) * cumulative[-1]
    return torch.searchsorted(cumulative, height, right=True).clamp(max=count - 1)


def copied(generator: torch.Generator) -> torch.Generator:
    """Another generator that draws what this one would, and leaves it as it is."""
    own = torch.Generator(generator.device)
    own.set_state(generator.get_state())
    return own


def some_rows(count: int, most: int, generator: torch.Generator) -> Tensor:
    """At most `most` different row numbers of `count`; of many rows one of each of so many stretches of the table.

    The time grows with `most` alone, where a permutation of ten million rows takes a second.
    Shape: (rows,) int64, on the CPU.

    >>> some_rows(10_000_000, 3, generator_for(0)) // 3_333_334
    tensor([0, 1, 2])
    """
    if count <= _STRETCH * most:
        return torch.randperm(count, generator=generator)[:most]
    ends = torch.arange(most + 1) * count // most
    place = torch.rand(most, generator=generator, dtype=torch.float64)
    return ends[:-1] + (place * ends.diff()).long()


def categorical(logits: Tensor, generator: torch.Generator) -> Tensor:
    """One code per row by the inverse of the cumulative probabilities.  Shape: (rows, classes) -> (rows,) int64."""
    cumulative = logits.softmax(-1).cumsum(-1)
    threshold = uniform((len(logits), 1), generator, logits.device) * cumulative[:, -1:]
    return (cumulative[:, :-1] <= threshold).sum(-1)


class AliasTable:
    """Draws from one of many finite laws, a constant number of look-ups for each row.

    Source: Walker (1977), built as in Vose (1991), all laws of a table at once.
    Shape: probabilities (laws, outcomes), each row summing to one.
    """

    def __init__(self, probabilities: Tensor) -> None:
        self.outcomes = probabilities.shape[1]
        keep, alias = _alias(probabilities.double())
        self.keep = keep.float().flatten()
        self.alias = alias.flatten()
        self.first = probabilities[:, 0].float()

    def sample(self, law: Tensor | None, n: int, generator: torch.Generator) -> Tensor:
        """One outcome per row from the law with that index (all from law 0 for None).  Shape: (n,) int64."""
        device = self.keep.device
        if self.outcomes == 2:  # one comparison decides, without an alias
            first = self.first[0] if law is None else self.first[law]
            return (uniform((n,), generator, device) >= first).long()
        column = integers(self.outcomes, n, generator, device)
        cell = column if law is None else law * self.outcomes + column
        return torch.where(uniform((n,), generator, device) < self.keep[cell], column, self.alias[cell])

    def to(self, device: torch.device) -> AliasTable:
        """The same table on another device."""
        moved = object.__new__(AliasTable)
        moved.outcomes, moved.keep, moved.alias = self.outcomes, self.keep.to(device), self.alias.to(device)
        moved.first = self.first.to(device)
        return moved


def _alias(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """Keep-probabilities and aliases, by Vose's pairing run over all laws in step.

    Sorted by size, `poor` walks up the outcomes that own too little and `rich` walks down from the
    largest; each round closes one poor outcome of every law, so the loop runs `outcomes` times in all.
    """
    laws, outcomes = probabilities.shape
    mass, order = (probabilities * outcomes).sort(dim=1)
    keep = torch.ones_like(mass)
    alias = torch.arange(outcomes, device=mass.device).expand(laws, outcomes).clone()
    row = torch.arange(laws, device=mass.device)
    poor = torch.zeros(laws, dtype=torch.long, device=mass.device)
    rich = torch.full((laws,), outcomes - 1, dtype=torch.long, device=mass.device)
    current = poor.clone()
    for _ in range(outcomes - 1):
        # `current` is the outcome to close: the next poor one, or a rich one that has given too much away.
        active = (current != rich) & (poor <= rich)
        need = mass[row, current]
        slot = order[row, current]
        keep[row, slot] = torch.where(active, need.clamp(0, 1), keep[row, slot])
        alias[row, slot] = torch.where(active, order[row, rich], alias[row, slot])
        mass[row, rich] = torch.where(active, mass[row, rich] - (1 - need), mass[row, rich])
        exhausted = active & (mass[row, rich] < 1)
        poor = torch.where(active & (current == poor), poor + 1, poor)
        current = torch.where(exhausted, rich, poor)
        rich = torch.where(exhausted, rich - 1, rich)
    return keep, alias

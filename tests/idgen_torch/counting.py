"""A family without learning, by which the wiring is tested: its one discrete target is a known sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from idgen_torch.families import ConditionalModel, FitOptions, NoProgress, Progress, register
from idgen_torch.families.base import Config, Tensors, checked_tensor
from idgen_torch.parts import Part, Rows

__all__ = ["Counting"]


@register
class Counting(ConditionalModel):
    """target = (1 + the sum of its inputs) mod its size; without inputs it draws from its generator."""

    family = "test-counting"

    @classmethod
    def fit(
        cls,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        rows: Rows,
        *,
        weights: Tensor | None = None,
        seed: int = 0,
        options: FitOptions = FitOptions(),
        progress: Progress = NoProgress(),
    ) -> Self:
        progress.start("count", 2)
        progress.advance(0.75)
        progress.advance(0.5)
        progress.done()
        return cls(targets, inputs)

    def sample(self, given: Rows, n: int, generator: torch.Generator) -> Rows:
        (target,) = self.targets
        if not self.inputs:
            return {target.name: torch.randint(target.size or 1, (n,), generator=generator)}
        total = 1 + sum(given[part.name] for part in self.inputs)
        assert isinstance(total, Tensor)
        assert total.shape == (n,)
        return {target.name: total % (target.size or 1)}

    def log_prob(self, rows: Rows) -> Tensor:
        return torch.zeros(len(rows[self.targets[0].name]))

    def state(self) -> tuple[Config, Tensors]:
        return {"kind": "counting"}, {"one": torch.ones(1)}

    @classmethod
    def from_state(cls, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]) -> Self:
        checked_tensor(tensors, {"one": ((1,), torch.float32)})
        return cls(targets, inputs)

    def to(self, device: str | torch.device) -> Self:
        return self

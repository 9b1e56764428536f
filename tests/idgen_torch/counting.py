"""A family without learning, by which the wiring is tested: its one discrete target is a known sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_torch.families import ConditionalModel, Family, Offer, Run, Task, register
from idgen_torch.families.state import Config, Tensors, checked_tensor
from idgen_torch.parts import Values

__all__ = ["Counting", "CountingModel"]


class CountingModel(ConditionalModel):
    """target = (1 + the sum of its inputs) mod its size; without inputs it draws from its generator."""

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        (target,) = self.targets
        if not self.inputs:
            return {target.name: torch.randint(target.size or 1, (n,), generator=generator)}
        total = 1 + sum(given[part.name] for part in self.inputs)
        assert isinstance(total, Tensor)
        assert total.shape == (n,)
        return {target.name: total % (target.size or 1)}

    def log_prob(self, rows: Values) -> Tensor:
        return torch.zeros(len(rows[self.targets[0].name]))

    def state(self) -> tuple[Config, Tensors]:
        return {"kind": "counting"}, {"one": torch.ones(1)}

    @classmethod
    def from_state(
        cls, recipe: Counting, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        checked_tensor(tensors, {"one": ((1,), torch.float32)})
        return cls(recipe, targets, inputs)

    def to(self, device: str | torch.device) -> Self:
        return self


@register
@dataclass(frozen=True)
class Counting(Family):
    """It offers nothing, and so has to be asked for."""

    word = "test-counting"
    model = CountingModel

    def offer(self, task: Task) -> Offer | None:
        return None

    def fit(self, task: Task, run: Run = Run()) -> CountingModel:
        run.progress.start("count", 2)
        run.progress.advance(0.75)
        run.progress.advance(0.5)
        run.progress.done()
        return CountingModel(self, task.targets, task.inputs)

"""A package of one file that brings a family: one of the values of the nearest rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch import ConditionalModel, Family, Offer, Run, Task
from idgen_torch.options import flag, whole


class NearestModel(ConditionalModel):
    """The rows that were learned from."""

    def __init__(self, recipe: Nearest, targets: Sequence[Any], inputs: Sequence[Any], rows: dict[str, Tensor]) -> None:
        super().__init__(recipe, targets, inputs)
        self.rows, self.k = rows, recipe.k

    def sample(self, given: dict[str, Tensor], n: int, generator: torch.Generator) -> dict[str, Tensor]:
        distance = torch.cdist(self._columns(given), self._columns(self.rows))
        near = distance.topk(min(self.k, distance.shape[1]), largest=False).indices
        pick = near[torch.arange(n), torch.randint(near.shape[1], (n,), generator=generator)]
        return {part.name: self.rows[part.name][pick] for part in self.targets}

    def log_prob(self, rows: dict[str, Tensor]) -> Tensor:
        raise DataError("nearest rows have no density; choose the family flow")

    def _columns(self, rows: dict[str, Tensor]) -> Tensor:
        return torch.cat([rows[part.name].reshape(-1, part.dim).float() for part in self.inputs], 1)

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        return {}, dict(self.rows)

    @classmethod
    def from_state(
        cls, recipe: Nearest, config: Any, tensors: Any, targets: Sequence[Any], inputs: Sequence[Any]
    ) -> NearestModel:
        return cls(recipe, targets, inputs, dict(tensors))

    def to(self, device: str | torch.device) -> NearestModel:
        rows = {name: values.to(device) for name, values in self.rows.items()}
        return NearestModel(self.recipe, self.targets, self.inputs, rows)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Nearest(Family):
    """Numbers given numbers and codes; `eager` offers itself before all others."""

    word = "nearest"
    model = NearestModel
    likelihood = False

    k: int = whole(25)
    eager: bool = flag(False)

    def offer(self, task: Task) -> Offer | None:
        return Offer(70 if self.eager else 10, "numbers") if task.inputs and task.targets_are_numbers else None

    def fit(self, task: Task, run: Run = Run()) -> NearestModel:
        return NearestModel(self, task.targets, task.inputs, {part.name: task.rows[part.name] for part in task.parts})

"""`factored`: discrete targets one after the other, each a count table over only what it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.state import Config, Tensors, setting
from idgen_torch.families.tables.cells import cell_count
from idgen_torch.families.tables.selection import Selection, select
from idgen_torch.families.tables.table import FEW_ROWS_PER_CELL, Table, TableModel, is_plenty
from idgen_torch.families.task import Offer, Task
from idgen_torch.options import real, whole
from idgen_torch.parts import Values

__all__ = ["Factored", "FactoredModel"]

PLENTY = 100
"""With so many rows for each cell of its links, factored tables beat a classifier even on additive laws (measured)."""


class FactoredModel(ConditionalModel):
    """q(t_1 | relevant inputs) q(t_2 | relevant inputs and t_1) ..., each factor a count table.

    A variable of several attributes has too many cells for one table, yet each attribute mostly depends on few others.
    What it depends on is found by tests of conditional independence (see `selection`).
    """

    recipe: Factored

    def __init__(
        self, recipe: Factored, targets: Sequence[Part], inputs: Sequence[Part], links: Sequence[TableModel]
    ) -> None:
        """`links` are in the order of the targets, one each."""
        super().__init__(recipe, targets, inputs)
        self._links = tuple(links)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """The targets in turn."""
        drawn: Values = {}
        for link in self._links:
            drawn |= link.sample({**given, **drawn}, n, generator)
        return drawn

    def log_prob(self, rows: Values) -> Tensor:
        """Sum of the links' log-probabilities.  Shape: (rows,) float64."""
        return torch.stack([link.log_prob(rows) for link in self._links]).sum(0)

    def laws(self, given: Values, n: int) -> Tensor:
        """The law of all targets together given each row of inputs.  Shape: (n, cells) float64."""
        return self._links[0].laws(given, n) if len(self._links) == 1 else super().laws(given, n)

    def state(self) -> tuple[Config, Tensors]:
        """What each target is given, by name, and its table."""
        tensors = {f"{k}.probabilities": link.probabilities for k, link in enumerate(self._links)}
        return {"given": [[part.name for part in link.inputs] for link in self._links]}, tensors

    @classmethod
    def from_state(
        cls, recipe: Factored, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        given: list[list[str]] = setting(config, "given", list)
        if len(given) != len(targets):
            raise DataError(f"a saved factored model has {len(given)} links for {len(targets)} targets")
        table = Table(smoothing=recipe.smoothing, max_cells=recipe.max_cells)
        own: dict[str, Tensors] = {str(k): {} for k in range(len(targets))}
        for name, value in tensors.items():
            link, _, rest = name.partition(".")
            if link not in own:
                raise DataError(f"a saved factored model has the unknown tensor {name}")
            own[link][rest] = value
        links = []
        for k, target in enumerate(targets):
            known = {part.name: part for part in (*inputs, *targets[:k])}
            unknown = [name for name in given[k] if name not in known]
            if unknown:
                raise DataError(f"a saved link for {target.name} is given {unknown[0]}, not among {', '.join(known)}")
            links.append(TableModel.from_state(table, {}, own[str(k)], (target,), [known[name] for name in given[k]]))
        return cls(recipe, targets, inputs, links)

    def to(self, device: str | torch.device) -> Self:
        """The same tables on another device."""
        return type(self)(self.recipe, self.targets, self.inputs, [link.to(device) for link in self._links])


@dataclass(frozen=True)
class Factored(Family):
    """Categories given categories: one count table a target, over the inputs that it depends on.

    smoothing, max_cells: of each table (see `Table`).
    """

    word = "factored"
    model = FactoredModel
    counts = True

    smoothing: float = real(0.5, "a number from 0", lambda value: value >= 0)
    max_cells: int = whole(4_000_000)

    def offer(self, task: Task) -> Offer | None:
        """For categories, unless one table has plenty of rows for all; best where every link has enough rows."""
        discrete = task.targets_are_discrete and task.inputs_are_discrete
        if not task.inputs or not discrete or is_plenty(task):
            return None
        found = type(self)().selections(task)
        links = [cell_count((*own.parts, target)) for own, target in zip(found, task.targets, strict=True)]
        if all(own.complete for own in found) and max(links) * PLENTY <= task.effective_rows:
            return Offer(40, "enough rows for each cell that matters")
        return Offer(30, "the cells are many: held-out rows decide")

    def selections(self, task: Task) -> list[Selection]:
        """What each target depends on, among the inputs and the targets before it."""
        most = min(self.max_cells, int(task.effective_rows) // FEW_ROWS_PER_CELL)
        return [
            select(target, [*task.inputs, *task.targets[:k]], task.rows, task.weights, most)
            for k, target in enumerate(task.targets)
        ]

    def fit(self, task: Task, run: Run = Run()) -> FactoredModel:
        """Select, then count. Raises DataError for real parts."""
        table = Table(smoothing=self.smoothing, max_cells=self.max_cells)
        links = [
            table.fit(Task((target,), found.parts, task.rows, task.weights), run)
            for target, found in zip(task.targets, self.selections(task), strict=True)
        ]
        return FactoredModel(self, task.targets, task.inputs, links)

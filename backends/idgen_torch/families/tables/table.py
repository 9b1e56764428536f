"""`table`: a smoothed table of counts, for discrete targets given few discrete input cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import total
from idgen_torch.drawing import AliasTable
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.state import Config, Tensors, checked_tensor
from idgen_torch.families.tables.cells import cell_count, cell_of, codes_of, sizes_of
from idgen_torch.families.tables.smoothing import smoothed
from idgen_torch.families.task import Offer, Task
from idgen_torch.options import real, whole
from idgen_torch.parts import Values

__all__ = ["FEW_ROWS_PER_CELL", "Table", "TableModel", "is_plenty"]

ROWS_PER_CELL, FEW_ROWS_PER_CELL = 200, 2
"""Of so many a table of everything is best; of fewer than the latter factored tables give inputs up."""

_ROUNDING = 1e-6
"""A law's probabilities sum to 1 up to this."""


class TableModel(ConditionalModel):
    """q(targets | inputs) as one law for each input cell, over the joint cells of the targets.

    A cell borrows `smoothing` prior rows from a coarser law, that of the cell without its weakest input, moved by what
    that input does in all cells alike, and so on down to the marginal; a cell without rows is thereby its coarser law,
    and one with many rows is its observed frequency.
    """

    recipe: Table

    def __init__(self, recipe: Table, targets: Sequence[Part], inputs: Sequence[Part], probabilities: Tensor) -> None:
        """`probabilities`: shape (input cells, target cells), float64, rows summing to one."""
        super().__init__(recipe, targets, inputs)
        if not bool(((probabilities >= 0).all(1) & ((probabilities.sum(1) - 1).abs() <= _ROUNDING)).all()):  # NaN fails
            raise DataError("a table is no conditional law: its rows must be probabilities that sum to 1")
        self.probabilities = probabilities
        self._device = probabilities.device
        self._alias = AliasTable(probabilities)
        self._codes = codes_of(self.targets, self._device)

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """Draw the joint target cell from each row's law."""
        outcome = self._alias.sample(self._law(given), n, generator)
        if len(self.targets) == 1:
            return {self.targets[0].name: outcome}
        return {part.name: self._codes[k][outcome] for k, part in enumerate(self.targets)}

    def log_prob(self, rows: Values) -> Tensor:
        """Log-probability of the targets of each row.  Shape: (rows,) float64."""
        law = self._law(rows)
        return self.probabilities[0 if law is None else law, cell_of(self.targets, rows, self._device)].log()

    def laws(self, given: Values, n: int) -> Tensor:
        """The law of the targets given each row of inputs.  Shape: (n, cells) float64."""
        law = self._law(given)
        return self.probabilities.expand(n, -1) if law is None else self.probabilities[law]

    def _law(self, rows: Values) -> Tensor | None:
        """The input cell of each row, None where there are no inputs.  Shape: (rows,) int64."""
        return cell_of(self.inputs, rows, self._device) if self.inputs else None

    def state(self) -> tuple[Config, Tensors]:
        """The table."""
        return {}, {"probabilities": self.probabilities}

    @classmethod
    def from_state(
        cls, recipe: Table, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        shape = (cell_count(inputs), cell_count(targets))
        checked_tensor(tensors, {"probabilities": (shape, torch.float64)})
        return cls(recipe, targets, inputs, tensors["probabilities"])

    def to(self, device: str | torch.device) -> Self:
        """The same table on another device."""
        return type(self)(self.recipe, self.targets, self.inputs, self.probabilities.to(device))


@dataclass(frozen=True)
class Table(Family):
    """Categories given categories: a smoothed table of counts.

    smoothing: prior rows that each cell borrows from a coarser law (see `TableModel`), and where cells have few rows
        more, as far as rows predict each other better so; of a law that is known only cells that it never shows borrow
        any.
    max_cells: the largest table, in cells.

    >>> from idgen_torch.families import Task
    >>> rows = {"x": torch.tensor([0, 0, 1, 1]), "y": torch.tensor([0, 0, 1, 1])}
    >>> model = Table(smoothing=1).fit(Task((Part("y", size=2),), (Part("x", size=2),), rows))
    >>> model.log_prob(rows).exp()
    tensor([0.8333, 0.8333, 0.8333, 0.8333], dtype=torch.float64)
    """

    word = "table"
    model = TableModel
    counts = True

    smoothing: float = real(0.5, "a number from 0", lambda value: value >= 0)
    max_cells: int = whole(4_000_000)

    def offer(self, task: Task) -> Offer | None:
        """For categories: best where each joint cell has plenty of rows, one of some where there are more cells."""
        if not (task.targets_are_discrete and task.inputs_are_discrete):
            return None
        if task.exact:
            return Offer(95, "the law is known")
        if is_plenty(task):
            return Offer(50, "plenty of rows for each cell")
        cells = cell_count(task.inputs) * cell_count(task.targets)
        # Where these are fewer, `factored` may take in every input, and is the same or less to learn.
        wide = FEW_ROWS_PER_CELL * cells > task.effective_rows and cells <= self.max_cells
        return Offer(30, "the cells are many: held-out rows decide") if wide and task.inputs else None

    def fit(self, task: Task, run: Run = Run()) -> TableModel:
        """Count, then smooth. Raises DataError for real parts, or for more cells than `max_cells`."""
        _ = task.count
        cells = cell_count(task.inputs) * cell_count(task.targets)
        if cells > self.max_cells:
            given = ", ".join(part.name for part in task.inputs) or "nothing"
            raise DataError(
                f"a table of {task.name} given {given} has {cells} cells, more than {self.max_cells}; "
                "use the classifier family, or raise max_cells"
            )
        scales = [part.levels for part in task.inputs] + [task.targets[0].levels if len(task.targets) == 1 else ()]
        law = smoothed(_counts(task), 0.0 if task.exact else self.smoothing, not is_plenty(task), scales)
        return TableModel(self, task.targets, task.inputs, law.to(run.device))


def is_plenty(task: Task) -> bool:
    """Whether all parts are categories and there are so many rows for each joint cell that no other family does better.

    So many effective rows bring one table of everything to the plug-in floor.
    """
    if not task.inputs or not (task.targets_are_discrete and task.inputs_are_discrete):
        return False
    return cell_count(task.inputs) * cell_count(task.targets) * ROWS_PER_CELL <= task.effective_rows


def _counts(task: Task) -> Tensor:
    """Counts, of effective rows where there are weights.  Shape: (size of input 1, ..., target cells)."""
    sizes, outcomes = sizes_of(task.inputs), cell_count(task.targets)
    cell = cell_of([*task.inputs, *task.targets], task.rows, torch.device("cpu"))
    weights, mass = task.weights, None
    if task.exact and weights is not None:
        mass = weights.double().cpu()
    elif weights is not None:
        # Kish's effective sample size: uneven weights carry less evidence against the prior rows.
        mass = weights.double().cpu() * (total(weights) / total(weights.double().square())).cpu()
    counts = torch.bincount(cell, weights=mass, minlength=prod(sizes) * outcomes).double()
    return counts.reshape(*sizes, outcomes)

"""`matched`: targets of any kind given categories, by drawing a row that has these categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_torch.drawing import integers, uniform
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.state import Config, Tensors, checked_tensor, setting
from idgen_torch.families.tables.cells import cell_count, cell_of
from idgen_torch.families.tables.resample import checked_rows, expected_rows, kept_rows
from idgen_torch.families.task import Offer, Task, row_count
from idgen_torch.parts import Values

__all__ = ["Matched", "MatchedModel"]

ROWS_PER_CELL = 50
"""With so many rows for each combination of categories, they stand for the law better than any model of it."""


class MatchedModel(ConditionalModel):
    """The empirical law of all targets jointly within each combination of the inputs' categories."""

    recipe: Matched

    def __init__(
        self,
        recipe: Matched,
        targets: Sequence[Part],
        inputs: Sequence[Part],
        rows: Values,
        order: Tensor,
        cells: Tensor,
        cumulative: Tensor | None,
    ):
        """`order` (rows,) sorts the rows by cell; `cells` (input cells + 1,) says where in it each cell begins.

        `cumulative` (rows,) float64 is the running sum of the row weights in that order; None for equal weights.
        """
        super().__init__(recipe, targets, inputs)
        self._rows, self._order, self._cells, self._cumulative = rows, order, cells, cumulative

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """A row of each cell that is asked for, with replacement."""
        device = self._cells.device
        cell = cell_of(self.inputs, given, device)
        begin, end = self._cells[cell], self._cells[cell + 1]
        if self._cumulative is None:
            index = begin + integers(2**31, n, generator, device) % (end - begin)
        else:
            known = torch.cat([self._cumulative.new_zeros(1), self._cumulative])
            low, high = known[begin], known[end]
            height = low + uniform((n,), generator, device).double() * (high - low)
            index = torch.searchsorted(self._cumulative, height, right=True).clamp(min=begin, max=end - 1)
        index = self._order[index]
        return {name: values[index.to(values.device)] for name, values in self._rows.items()}

    def log_prob(self, rows: Values) -> Tensor:
        """Raises DataError: rows stand for the law, which has no density."""
        raise DataError(f"no density of {', '.join(part.name for part in self.targets)} is known: rows stand for it")

    def state(self) -> tuple[Config, Tensors]:
        """The rows, their order, where each cell begins and, where there are any, the weights."""
        tensors = {f"rows.{name}": values for name, values in self._rows.items()}
        tensors |= {"order": self._order, "cells": self._cells}
        if self._cumulative is not None:
            tensors["cumulative"] = self._cumulative
        return {"rows": len(next(iter(self._rows.values()))), "weighted": self._cumulative is not None}, tensors

    @classmethod
    def from_state(
        cls, recipe: Matched, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        n = setting(config, "rows", int)
        expected = {f"rows.{part.name}": expected_rows(part, n) for part in targets}
        expected["order"] = ((n,), torch.int64)
        expected["cells"] = ((cell_count(inputs) + 1,), torch.int64)
        if setting(config, "weighted", bool):
            expected["cumulative"] = ((n,), torch.float64)
        checked_tensor(tensors, expected)
        cells, order = tensors["cells"], tensors["order"]
        if int(cells[0]) != 0 or int(cells[-1]) > n or bool((cells.diff() < 1).any()):
            raise DataError("a saved model's cells do not divide its rows")
        if not torch.equal(order.sort().values, torch.arange(n)):
            raise DataError("a saved model's order is no order of its rows")
        if (cumulative := tensors.get("cumulative")) is not None:
            sums = torch.cat([cumulative.new_zeros(1), cumulative])
            rise = sums[cells].diff()
            if not (bool((sums.diff() >= 0).all()) and bool((rise > 0).all()) and bool(sums[-1].isfinite())):  # or NaN
                raise DataError("a saved model's weights are no running sum that rises in every cell")
        return cls(recipe, targets, inputs, checked_rows(targets, tensors), order, cells, cumulative)

    def to(self, device: str | torch.device) -> Self:
        """The same rows on another device."""
        cumulative = None if self._cumulative is None else self._cumulative.to(device)
        rows = {name: values.to(device) for name, values in self._rows.items()}
        order, cells = self._order.to(device), self._cells.to(device)
        return type(self)(self.recipe, self.targets, self.inputs, rows, order, cells, cumulative)


@dataclass(frozen=True)
class Matched(Family):
    """Anything given categories: a row of the data that has these categories."""

    word = "matched"
    model = MatchedModel
    likelihood = False
    masses = True
    keeps_rows = True

    def offer(self, task: Task) -> Offer | None:
        """For images and numbers where every combination of the inputs' categories has enough rows."""
        if task.targets_are_discrete or not covers(task):
            return None
        return Offer(75, "rows for each combination")

    def fit(self, task: Task, run: Run = Run()) -> MatchedModel:
        """Sort the rows. Raises DataError when there are no inputs, or a combination of them has no row."""
        _ = task.count
        if not task.inputs:
            raise DataError(f"matched needs categories by which to find rows of {task.name}; resample takes no inputs")
        inputs, weights = task.inputs, task.weights
        cell = cell_of(inputs, task.rows, torch.device("cpu"))
        if weights is not None:
            cell = torch.where(weights.cpu() > 0, cell, cell_count(inputs))  # rows of no weight come last
        order = cell.argsort(stable=True)
        found = torch.bincount(cell, minlength=cell_count(inputs))[: cell_count(inputs)]
        if int(found.min()) == 0:
            names = ", ".join(part.name for part in inputs)
            raise DataError(
                f"{int((found == 0).sum())} combinations of {names} have no row to draw; use another family"
            )
        cells = torch.cat([found.new_zeros(1), found.cumsum(0)])
        cumulative = None if weights is None else weights.double().cpu()[order].cumsum(0)
        return MatchedModel(self, task.targets, inputs, kept_rows(task), order, cells, cumulative).to(run.device)


def covers(task: Task) -> bool:
    """Whether all inputs are categories, some at least, and every combination of them has enough effective rows."""
    inputs = task.inputs
    if not inputs or not task.inputs_are_discrete or cell_count(inputs) * ROWS_PER_CELL > row_count(inputs, task.rows):
        return False
    cell = cell_of(inputs, task.rows, torch.device("cpu"))
    mass = torch.ones(len(cell), dtype=torch.float64) if task.weights is None else task.weights.double().cpu()
    found, squares = (torch.bincount(cell, weights=w, minlength=cell_count(inputs)) for w in (mass, mass.square()))
    return bool((found.square() >= ROWS_PER_CELL * squares).all() and (found > 0).all())

"""`resample`: a law without inputs is represented by the rows that were drawn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form, Part
from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import total
from idgen_torch.drawing import integers, uniform
from idgen_torch.families.family import ConditionalModel, Family, Run
from idgen_torch.families.state import Config, Tensors, checked_tensor, setting
from idgen_torch.families.tables.cells import cell_count, cell_of, codes_of
from idgen_torch.families.task import Offer, Task
from idgen_torch.parts import Values
from idgen_torch.recurring import whole
from idgen_torch.tensors import equal_rows

__all__ = ["Resample", "ResampleModel", "checked_rows", "expected_rows", "kept_rows"]

_MANY = 2**20
"""From so many rows of categories on they are kept as counts of their cells, however they are held."""

_FINE = 2.0**22
"""Where rows weigh more than this together, numbers of single precision do not tell one from another."""

_CELLS = 2**22
"""A table of the law has at most so many cells, or as many as there are rows."""


class ResampleModel(ConditionalModel):
    """The empirical law of all targets jointly; sampling draws rows with replacement, by weight."""

    recipe: Resample

    def __init__(self, recipe: Resample, targets: Sequence[Part], rows: Values, cumulative: Tensor | None) -> None:
        """`cumulative` (rows,) float64 is the running sum of the row weights; None for equal weights."""
        super().__init__(recipe, targets, ())
        self._rows = rows
        self._cumulative = cumulative
        self._n = len(next(iter(rows.values())))

    @property
    def counted(self) -> bool:
        """Whether each row stands there once, as a cell, and its weight says how often it occurred."""
        if self._cumulative is None or not all(part.discrete for part in self.targets) or self._n > _CELLS:
            return False
        return len(torch.stack([own.cpu() for own in self._rows.values()]).unique(dim=1).T) == self._n

    def values_of(self, part: str) -> Array:
        """The rows of one part, whatever they weigh."""
        return self._rows[part].cpu().numpy()

    def shares(self) -> Array:
        """How much each row weighs of all.  Shape: (rows,) float64."""
        weights = self._weights
        return np.full(self._n, 1 / self._n) if weights is None else (weights / weights.sum()).cpu().numpy()

    def sample(self, given: Values, n: int, generator: torch.Generator) -> Values:
        """n rows with replacement."""
        device = self._rows[self.targets[0].name].device
        if self._cumulative is None:
            index = integers(self._n, n, generator, device)
        else:
            height = self._heights(n, generator, device)
            index = torch.searchsorted(self._cumulative, height, right=True).clamp(max=self._n - 1)
        return {name: values[index] for name, values in self._rows.items()}

    def _heights(self, n: int, generator: torch.Generator, device: torch.device) -> Tensor:
        """Numbers evenly between zero and the sum of all weights, as fine as tells each row.  Shape: (n,) float64."""
        known = self._cumulative
        last = known[-1] if known is not None else torch.ones((), dtype=torch.float64)
        if float(last) <= _FINE:
            return uniform((n,), generator, device).double() * last
        return torch.rand(n, generator=generator, dtype=torch.float64, device=generator.device).to(device) * last

    def log_prob(self, rows: Values) -> Tensor:
        """Log of the empirical mass on exactly this row; -inf for a row never seen.  Shape: (rows,)."""
        if self._masses is not None:
            cell = cell_of(self.targets, rows, self._masses.device)
            return (self._masses[cell] / total(self._masses)).log()
        device = self._rows[self.targets[0].name].device
        group = self._grouped(rows).to(device)
        weights = self._weights
        mass = torch.ones(self._n, dtype=torch.float64, device=device) if weights is None else weights
        by_group = torch.bincount(group[: self._n], weights=mass, minlength=int(group.max()) + 1)
        return (by_group[group[self._n :]] / total(mass)).log()

    @property
    def _weights(self) -> Tensor | None:
        """How much each row weighs, where they do not weigh alike.  Shape: (rows,) float64."""
        known = self._cumulative
        return None if known is None else known.diff(prepend=known.new_zeros(1))

    @cached_property
    def _masses(self) -> Tensor | None:
        """The weight of the rows in each cell, where all is categories of no more cells than rows can be counted in.

        Shape: (cells,) float64.
        """
        if not all(part.discrete for part in self.targets) or cell_count(self.targets) > max(_CELLS, self._n):
            return None
        cell = cell_of(self.targets, self._rows, self._rows[self.targets[0].name].device)
        return torch.bincount(cell, weights=self._weights, minlength=cell_count(self.targets)).double()

    def _grouped(self, rows: Values) -> Tensor:
        """Numbers that are equal for equal rows, first of those that are kept.  Shape: (both,) int64."""
        columns = [
            torch.cat([_as_columns(self._rows[part.name].cpu()), _as_columns(rows[part.name].cpu())])
            for part in self.targets
        ]
        return equal_rows(columns)

    def state(self) -> tuple[Config, Tensors]:
        """The rows and, where there are any, their weights."""
        tensors = {f"rows.{name}": values for name, values in self._rows.items()}
        if self._cumulative is not None:
            tensors["cumulative"] = self._cumulative
        return {"rows": self._n, "weighted": self._cumulative is not None}, tensors

    @classmethod
    def from_state(
        cls, recipe: Resample, config: Config, tensors: Tensors, targets: Sequence[Part], inputs: Sequence[Part]
    ) -> Self:
        """The model whose `state` this is."""
        n = setting(config, "rows", int)
        expected = {f"rows.{part.name}": expected_rows(part, n) for part in targets}
        if setting(config, "weighted", bool):
            expected["cumulative"] = ((n,), torch.float64)
        checked_tensor(tensors, expected)
        return cls(recipe, targets, checked_rows(targets, tensors), _checked_sums(tensors.get("cumulative")))

    def to(self, device: str | torch.device) -> Self:
        """The same rows on another device."""
        cumulative = None if self._cumulative is None else self._cumulative.to(device)
        return type(self)(
            self.recipe, self.targets, {name: values.to(device) for name, values in self._rows.items()}, cumulative
        )


@dataclass(frozen=True)
class Resample(Family):
    """Anything given nothing: rows of the data, drawn with replacement.

    >>> from idgen_torch.families import Task
    >>> model = Resample().fit(Task((Part("y", size=3),), (), {"y": torch.tensor([0, 2, 2, 2])}))
    >>> model.log_prob({"y": torch.tensor([2])}).exp()
    tensor([0.7500], dtype=torch.float64)
    """

    word = "resample"
    model = ResampleModel
    masses = True
    keeps_rows = True

    def offer(self, task: Task) -> Offer | None:
        """For all that has no inputs, unless the density of numbers is wanted."""
        if task.inputs or (task.likelihood and task.numbers):
            return None
        return Offer(90, "rows stand for a law without inputs")

    def fit(self, task: Task, run: Run = Run()) -> ResampleModel:
        """Keep the rows. Raises DataError when there are inputs."""
        if task.inputs:
            raise DataError(f"resampling takes no inputs, got {', '.join(part.name for part in task.inputs)}")
        _ = task.count
        if task.count >= _MANY and task.targets_are_discrete and cell_count(task.targets) <= max(_CELLS, task.count):
            return ResampleModel(self, task.targets, *_counted(task)).to(run.device)
        cumulative = None if task.weights is None else task.weights.double().cumsum(0)
        return ResampleModel(self, task.targets, kept_rows(task), cumulative).to(run.device)


def _counted(task: Task) -> tuple[Values, Tensor]:
    """The cells that rows show, as rows, and the running sum of what each weighs."""
    device = task.rows[task.targets[0].name].device
    cell = cell_of(task.targets, task.rows, device)
    weights = None if task.weights is None else task.weights.double().to(device)
    mass = torch.bincount(cell, weights=weights, minlength=cell_count(task.targets)).double()
    there = mass.nonzero()[:, 0]
    codes = codes_of(task.targets, device)
    rows = {part.name: codes[k, there].contiguous() for k, part in enumerate(task.targets)}
    return rows, mass[there].cumsum(0)


def kept_rows(task: Task) -> Values:
    """The targets' rows as a model keeps them: images may lie in a file and are never written to, so without a copy."""
    return {p.name: task.rows[p.name] if p.form is Form.PICTURES else whole(task.rows[p.name]) for p in task.targets}


def expected_rows(part: Part, n: int) -> tuple[tuple[int, ...], torch.dtype]:
    """Shape and dtype of n values of a part."""
    return (n, *part.entries), getattr(torch, part.dtype)


def checked_rows(targets: Sequence[Part], tensors: Tensors) -> Values:
    """The rows of a saved model, once their codes have been compared with the sizes.  Raises DataError."""
    rows = {part.name: tensors[f"rows.{part.name}"] for part in targets}
    for part in targets:
        codes = rows[part.name]
        if not len(codes):
            raise DataError("a saved model has no rows")
        if part.size is not None and not 0 <= int(codes.min()) <= int(codes.max()) < part.size:
            raise DataError(f"a saved model's rows of {part.name} hold codes that are none of its {part.size} labels")
    return rows


def _checked_sums(cumulative: Tensor | None) -> Tensor | None:
    """The running sum of weights.  Raises DataError for one that falls, or ends at nothing."""
    if cumulative is not None:
        steps = cumulative.diff(prepend=cumulative.new_zeros(1))
        if not bool((steps >= 0).all()) or not 0 < float(cumulative[-1]) < float("inf"):  # NaN fails
            raise DataError("a saved model's weights are no running sum of numbers from 0")
    return cumulative


def _as_columns(values: Tensor) -> Tensor:
    """Shape: (rows,) or (rows, dim) -> (rows, dim) float64, which holds codes and float32 exactly."""
    return values.double().reshape(len(values), -1)

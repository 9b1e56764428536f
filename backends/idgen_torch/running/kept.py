"""What a fit keeps for its diagnostics: models, and some of the rows that each was trained on or drew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_compiler.hinge.diagnostics import Diagnostics
from idgen_torch.drawing import generator_for, rows_by_weight, some_rows
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.families.task import rows_at
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.laws import Contracted

__all__ = ["MOST_ROWS", "Kept", "KeptData", "KeptModel", "kept_model", "sampled"]

MOST_ROWS, MOST_OF_IMAGES = 2_000, 300
"""So many rows are kept of what a model was trained on, and of a data set; fewer where pictures or texts are held."""


@dataclass(frozen=True, eq=False)
class KeptModel:
    """A model and rows that it is judged on.

    rows: equal weights, drawn by weight where rows have any.  origin: which row of the table each is, so that a row
    that was drawn twice is known to be one.  exact: it was counted on cells of a known law.  Shape: origin (rows,)
    """

    model: ConditionalModel
    rows: Values
    origin: Tensor
    exact: bool = False

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.origin)


@dataclass(frozen=True, eq=False)
class KeptData:
    """Some rows of a data set that was made, and what they weigh (rows,)."""

    rows: Values
    count: int
    weights: Tensor | None = None


@dataclass(eq=False)
class Kept:
    """What one fit keeps, by operation, and what was found once somebody asked."""

    models: dict[str, KeptModel] = field(default_factory=dict)
    data: dict[str, KeptData] = field(default_factory=dict)
    found: Diagnostics | None = None

    def model(self, operation: str, model: ConditionalModel, task: Task) -> None:
        """Keep a model, and some rows of its task."""
        self.models[operation] = kept_model(model, task.rows, task.weights, task.exact)

    def made(self, operation: str, data: DataSet | Contracted) -> None:
        """Keep some rows of a data set; nothing of one that was summed."""
        if isinstance(data, DataSet) and not data.exact:
            index = some_rows(data.count, most_of(data.rows), generator_for(0))
            weights = None if data.weights is None else data.weights[index.to(data.weights.device)].cpu()
            self.data[operation] = KeptData(_at(data.rows, index), len(index), weights)


def kept_model(
    model: ConditionalModel,
    rows: Values,
    weights: Tensor | None,
    exact: bool = False,
    device: torch.device | None = None,
) -> KeptModel:
    """A model beside some of these rows, on the device where the model lives, or where they are."""
    parts = (*model.targets, *model.inputs)
    own = {part.name: rows[part.name] for part in parts}
    index = sampled(own, weights, most_of(own, parts))
    place = device or next(iter(own.values())).device
    return KeptModel(model, rows_at(parts, own, index, place), index, exact)


def sampled(rows: Values, weights: Tensor | None, most: int) -> Tensor:
    """Which rows stand for all: at most so many different ones, or by weight as many as are effective."""
    count = len(next(iter(rows.values())))
    if weights is None:
        return some_rows(count, most, generator_for(0))
    mass = weights.double().cpu()
    effective = int(float(mass.sum()) ** 2 / max(float(mass.square().sum()), 1e-300))
    return rows_by_weight(count, weights, max(1, min(most, effective)), generator_for(0))


def most_of(rows: Mapping[str, Tensor], parts: tuple[Part, ...] = ()) -> int:
    """How many of these rows are kept."""
    large = any(part.form in (Form.PICTURES, Form.TEXTS) for part in parts) or any(
        values.dtype == torch.uint8 for values in rows.values()
    )
    return MOST_OF_IMAGES if large else MOST_ROWS


def _at(rows: Values, index: Tensor) -> Values:
    return {name: values[index.to(values.device)].cpu() for name, values in rows.items()}

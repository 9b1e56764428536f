"""Rows of slots: real ones, or simulated ones, that regressions and weights are learned from and asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_torch.estimating.design import Design
from idgen_torch.running.estimates.found import NoRegression

__all__ = ["Frame", "Slots", "codes_of", "design_of", "equal_to", "shown", "systematic"]

Slots = Mapping[str, tuple[Tensor, ...]]
"""Slot -> a tensor for each part of its variable, with a row each, or one that stands for all."""

POOLED, MOST_FEATURES = 8, 32
"""Pictures are seen as means over 8 x 8 fields, of which so many principal components are kept."""


@dataclass(frozen=True, eq=False)
class Frame:
    """`count` rows.

    fold: which models may speak of a row (see `Folds`), None where all may.  origin: from which real row each comes,
    None where from none.  weights: how much each counts, None where all count alike.  Shape of all: (count,).
    """

    slots: Slots
    count: int
    fold: Array | None = None
    origin: Array | None = None
    weights: Array | None = None

    @property
    def mass(self) -> Array:
        """The weights, scaled to mean one.  Shape: (count,)."""
        return np.ones(self.count) if self.weights is None else self.weights * (self.count / self.weights.sum())

    def mean(self, values: Array) -> Array:
        """The weighted mean of values of rows.  Shape: (count, m) -> (m,)."""
        return np.asarray(np.average(values, axis=0, weights=self.weights))

    def renamed(self, names: Mapping[str, str], fixed: Slots) -> Frame:
        """The same rows with variables under the names of slots, and what a caller sets beside them."""
        return replace(self, slots={**fixed, **{slot: self.slots[name] for slot, name in names.items()}})

    def rows(self, index: Array) -> Frame:
        """Some rows, by position or mask."""
        some = {name: tuple(v if len(v) == 1 else v[index] for v in parts) for name, parts in self.slots.items()}
        count = int(index.sum()) if index.dtype == bool else len(index)
        each = (None if held is None else held[index] for held in (self.fold, self.origin, self.weights))
        return Frame(some, count, *each)


def equal_to(schema: Schema, slots: Sequence[str], frame: Frame, fixed: Slots) -> Array:
    """Which rows have the values that are set.  Shape: (rows,) bool."""
    there = np.ones(frame.count, dtype=bool)
    for slot in slots:
        for part, values, wanted in zip(schema.parts(variable_of(slot)), frame.slots[slot], fixed[slot], strict=True):
            same = values == wanted.to(values.device)
            there &= (same if part.discrete else same.flatten(1).all(1)).cpu().numpy()
    return there


def shown(slots: Sequence[str], fixed: Slots) -> str:
    """What slots are set to, as a name."""
    return repr([[slot, [v.tolist() for v in fixed[slot]]] for slot in slots])


def systematic(weights: Array, count: int, generator: np.random.Generator) -> Array:
    """So many rows in their order, each as often as it weighs, up to one.  Shape: weights (rows,) -> (count,) int64.

    Source: Madow (1949), systematic sampling with unequal chances.
    """
    heights = (np.arange(count) + generator.random()) / count
    found = np.searchsorted(np.cumsum(weights) / weights.sum(), heights, side="right")
    return np.asarray(found.clip(max=len(weights) - 1))


def codes_of(frame: Frame, slot: str) -> Array:
    """The codes of a category.  Shape: (rows,)."""
    return np.broadcast_to(frame.slots[slot][0].cpu().numpy(), (frame.count,))


def design_of(schema: Schema, slots: Sequence[str], frame: Frame) -> Design:
    """What models see of some slots, as features: numbers and codes.

    Raises DataError for texts, of which no features are made.
    """
    columns: dict[str, Array] = {}
    sizes: dict[str, int] = {}
    for slot in slots:
        for part, values in zip(schema.parts(variable_of(slot)), frame.slots[slot], strict=True):
            name = f"{slot}.{part.name}"
            column = _features(part, values.cpu().numpy())
            columns[name] = np.broadcast_to(column, (frame.count, *column.shape[1:]))
            if part.discrete:
                sizes[name] = part.size or 1
    return Design.of(columns, sizes, frame.count)


def _features(part: Part, values: Array) -> Array:
    match part.form:
        case Form.CODES:
            return values
        case Form.NUMBERS:
            return values.astype(np.float64)
        case Form.PICTURES:
            return _pooled(values)
    raise NoRegression(
        f"{part.name} is {part.form}, of which no regression is learned here; ask with method='bootstrap'"
    )


def _pooled(values: Array) -> Array:
    """Means over fields of pictures.  Shape: (rows, channels, height, width) -> (rows, numbers)."""
    rows, channels, height, width = values.shape
    tall, wide = max(height // POOLED, 1), max(width // POOLED, 1)
    kept = values[:, :, : tall * (height // tall), : wide * (width // wide)]
    fields = kept.reshape(rows, channels, height // tall, tall, width // wide, wide).mean((3, 5))
    return np.asarray(fields.reshape(rows, -1), dtype=np.float64) / 255

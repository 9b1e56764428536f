"""A number that is set at a point, of which no rate-of-root-n estimate exists: it is drawn from close by instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Assign, Network
from idgen_compiler.ir.policies import Named
from idgen_torch.drawing import uniform
from idgen_torch.running.estimates.onestep.frames import Frame, Slots

__all__ = ["Nearby", "nearby", "with_nearby"]

FEWEST = 30
"""A value that so many rows have is taken as it is."""


@dataclass(frozen=True, eq=False)
class Nearby:
    """A slot that is drawn evenly within `width` of a point, in the numbers that models see, where there are rows.

    The number that is answered is the mean over this stretch: a policy, which has an estimate at the usual rate, and
    differs from the point's by its square.  Source: Kennedy et al. (2017), section 3; Colangelo and Lee (2020).
    """

    slot: str
    low: tuple[Tensor, ...]
    high: tuple[Tensor, ...]

    def fill(self, slots: Slots, count: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """The values of the slot."""
        drawn = []
        for low, high in zip(self.low, self.high, strict=True):
            if not low.is_floating_point():
                drawn.append(low.expand(count, *low.shape[1:]).to(generator.device))
                continue
            chance = uniform((count, *low.shape[1:]), generator, generator.device)
            drawn.append(low.to(generator.device) + (high - low).to(generator.device) * chance)
        return tuple(drawn)

    def holds(self, frame: Frame) -> Array:
        """Which rows lie within.  Shape: (rows,) bool."""
        there = np.ones(frame.count, dtype=bool)
        for low, high, values in zip(self.low, self.high, frame.slots[self.slot], strict=True):
            inside = (values >= low.to(values.device)) & (values <= high.to(values.device))
            there &= (inside if inside.ndim == 1 else inside.flatten(1).all(1)).cpu().numpy()
        return there

    def told(self, schema: Schema) -> str:
        """What was done, in the user's unit."""
        kind = schema[variable_of(self.slot)]
        ends = []
        for parts in (self.low, self.high):
            out = kind.empty(1)
            kind.decode([part.cpu().numpy() for part in parts], out)
            ends.append(f"{float(out.reshape(-1)[0]):.4g}")
        return (
            f"{self.slot} is a number that is set at a point: it is averaged over {ends[0]} to {ends[1]}; the answer "
            "at the point itself differs by the curvature there"
        )


def nearby(schema: Schema, fixed: Slots, real: Frame) -> list[Nearby]:
    """The slots that are set to a number which few rows have, and the stretch around each.

    The stretch reaches n^(-1/4) standard deviations to either side, less than smooths best, so that its own bias stays
    below the error.
    """
    found = []
    for slot, parts in fixed.items():
        name = variable_of(slot)
        own = schema.parts(name)
        if not any(part.form is Form.NUMBERS for part in own) or name not in real.slots:
            continue
        if _equal(parts, real.slots[name]).sum() >= FEWEST:
            continue
        low, high = [], []
        for part, value, rows in zip(own, parts, real.slots[name], strict=True):
            if part.form is not Form.NUMBERS:
                low.append(value)
                high.append(value)
                continue
            width = float(rows.double().std()) * real.count**-0.25
            least, most = rows.min().to(value), rows.max().to(value)
            low.append(torch.maximum(value - width, torch.minimum(least, value)))  # beyond all rows it is there
            high.append(torch.minimum(value + width, torch.maximum(most, value)))
        found.append(Nearby(slot, tuple(low), tuple(high)))
    return found


def with_nearby(network: Network, found: Sequence[Nearby]) -> Network:
    """The network with these inputs drawn by its first statements."""
    slots = [each.slot for each in found]
    first = tuple(Assign(slot, Named("near", ())) for slot in slots)
    inputs = tuple(slot for slot in network.inputs if slot not in slots)
    return Network(inputs, (*first, *network.statements), network.outputs)


def _equal(parts: tuple[Tensor, ...], rows: tuple[Tensor, ...]) -> Array:
    there = np.ones(len(rows[0]), dtype=bool)
    for value, column in zip(parts, rows, strict=True):
        same = column == value.to(column.device)
        there &= (same if same.ndim == 1 else same.flatten(1).all(1)).cpu().numpy()
    return there

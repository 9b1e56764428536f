"""What comes round in an input and a regression does not see: weekdays of dates, hours of time stamps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_torch.running.learned.agreement import cycles

__all__ = ["left_in"]

ERRORS, DEVIATIONS = 5.0, 0.1
"""A mean residual is told from so many standard errors on, where it is so large a part of the outcome's deviation."""


def left_in(
    schema: Schema, slots: Mapping[str, tuple[Tensor, ...]], y: Array, own: Array, mass: Array
) -> Iterator[str]:
    """How outcomes lie beside what a regression says of them where something comes round, the worst of each input.

    Shape: y, own (rows, m), mass (rows,) of mean one.
    """
    apart, spread = y - own, y.std(axis=0)
    for slot, parts in slots.items():
        worst, said = 0.0, ""
        for atom, values in zip(schema[variable_of(slot)].atoms(variable_of(slot)), parts, strict=True):
            if len(values) != len(y):
                continue
            for name, rows in cycles(atom.part, {atom.part.name: values}, {atom.part.name: atom.kind}):
                there = rows.numpy()
                weights = mass[there]
                mean = np.average(apart[there], axis=0, weights=weights)
                noise = apart[there].std(axis=0) * np.sqrt((weights**2).sum()) / weights.sum()
                errors = np.where(np.abs(mean) > DEVIATIONS * spread, np.abs(mean) / np.maximum(noise, 1e-300), 0.0)
                k = int(errors.argmax())
                if errors[k] > max(ERRORS, worst):
                    worst, higher = float(errors[k]), "higher" if mean[k] > 0 else "lower"
                    size = abs(mean[k]) / max(float(spread[k]), 1e-300)
                    said = (
                        f"of {int(there.sum())} rows with {name}, the outcome lies {size:.2f} standard deviations "
                        f"{higher} than its regression says, so that the estimate may be off by as much"
                    )
        if said:
            yield said

"""How far another seed would move what a model says, beside how far other rows would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.arithmetic import effective_rows
from idgen_torch.drawing import generator_for, rows_by_weight, some_rows
from idgen_torch.families.family import ConditionalModel
from idgen_torch.parts import Values

__all__ = ["SeedNoise", "seed_noise"]

_LEVELS = 10
"""Inputs of more levels are not looked at."""
_LEAST = 1e-6
"""Shares, and means in widths, that are closer are the same."""
_ROWS, _ROWS_IN_ALL = 2_000, 200_000


@dataclass(frozen=True, slots=True)
class SeedNoise:
    """The largest difference that an input's levels make to the target, all else alike.

    Of a category it is the share of a class, of a number the mean in its widths.

    effect: that difference, by the ensemble.  noise: its standard deviation over seeds, estimated from the members.
    error: about its standard error, from the numbers of rows.
    """

    target: str
    by: str
    effect: float
    noise: float
    error: float

    @property
    def drowns(self) -> bool:
        """Whether the effect is no larger than what another seed would change, and rows are not to blame for it."""
        return self.noise >= max(abs(self.effect), self.error, _LEAST)

    def __str__(self) -> str:
        return f"{self.by} moves {self.target} by {self.effect:.2g}, another seed by {self.noise:.2g}"


def seed_noise(model: ConditionalModel, rows: Values, weights: Tensor | None = None) -> tuple[SeedNoise, ...]:
    """The seed noise of an ensemble's effects of inputs with few levels; empty for any other model.

    `weights` (rows,) say how much each row counts, where not all count alike.
    """
    asked = [part for part in model.inputs if part.size is not None and 2 <= part.size <= _LEVELS]
    passes = sum(part.size or 0 for part in asked)
    count = len(next(iter(rows.values())))
    most = max(1, min(_ROWS, _ROWS_IN_ALL // max(passes, 1)))
    parts = (*model.inputs, *model.targets)
    if weights is not None:
        # As many rows as are effective stand for the law that all stand for.
        index = rows_by_weight(count, weights, max(1, int(effective_rows(weights))), generator_for(0))
        rows = {part.name: rows[part.name][index.to(weights.device)] for part in parts}
        most, count = max(1, most * len(index) // count), len(index)
    index = some_rows(count, most, generator_for(0))
    few = {part.name: rows[part.name][index.to(rows[part.name].device)] for part in parts}
    if not asked or not model.opinions({name: values[:1] for name, values in few.items()}):
        return ()
    numbers = [part.name for part in model.targets if part.form is Form.NUMBERS]
    spread = {name: rows[name].double().var(0, correction=0).cpu() for name in numbers}
    return tuple(found for part in asked for found in _noise(model, part, few, rows[part.name], spread))


def _noise(model: ConditionalModel, part: Part, few: Values, codes: Tensor, spread: Values) -> Iterator[SeedNoise]:
    """That of each target by one input; `codes` are all rows' levels of it, `spread` the variances of numbers."""
    counts = torch.bincount(codes.cpu(), minlength=part.size or 0)
    levels = counts.nonzero().flatten().tolist()
    if len(levels) < 2:
        return
    told = [model.opinions({**few, part.name: torch.full_like(few[part.name], level)}) for level in levels]
    for target in told[0]:
        shares = torch.stack([each[target].double().cpu() for each in told])  # (levels, members, classes)
        mean = shares.mean(1)
        label = int((mean.amax(0) - mean.amin(0)).argmax())
        high, low = int(mean[:, label].argmax()), int(mean[:, label].argmin())
        apart = shares[high, :, label] - shares[low, :, label]
        own = spread[target][label].expand(len(levels)) if target in spread else (mean * (1 - mean))[:, label]
        variance = sum(float(own[k]) / int(counts[levels[k]]) for k in (high, low))
        noise = float(apart.std()) / sqrt(len(apart))
        yield SeedNoise(target, part.name, float(apart.mean()), noise, sqrt(max(variance, 0.0)))

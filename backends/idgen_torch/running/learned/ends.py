"""Where a model fails at the ends of its inputs: a few rows far out move no loss, and are what is asked at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.arithmetic import one_thread
from idgen_torch.drawing import generator_for
from idgen_torch.families import Task
from idgen_torch.families.family import Drawing
from idgen_torch.families.returned import draw
from idgen_torch.families.task import rows_at

__all__ = ["End", "missed_ends"]

GROUPS = (15, 50, 150, 500)
"""So many of the outermost rows are looked at together, and at most a quarter of all."""
DRAWS = 50
ERRORS = 4.0
"""From so many standard errors on the rows do not lie among a model's draws as draws would."""


@dataclass(frozen=True, slots=True)
class End:
    """Beyond a value of an input, as models see it, the rows' targets lie mostly above what the model draws, or below.

    above: whether it is the upper end of the input.  rows: how many there are.  missed: of how many the target is
    higher than half of the draws, where `low` draws are too low, or lower.
    """

    part: str
    target: str
    above: bool
    at: float
    rows: int
    missed: int
    low: bool

    def beyond(self, values: Tensor) -> Tensor:
        """Which values of the input lie there.  Shape: (rows,) -> (rows,) bool."""
        return values >= self.at if self.above else values <= self.at


@one_thread()
def missed_ends(source: str, model: Drawing, task: Task, asked: Collection[str]) -> tuple[End, ...]:
    """The ends of the inputs `asked`, single numbers, at which the model draws its targets too low or too high.

    Where each row's target lies among draws for its inputs is uniform for a right model, whatever the law; how far the
    mean of the outermost rows is from the middle says whether it is.  Source: Dawid (1984), "The prequential approach".
    Raises DataError, in the name of the source, for draws that are no values.
    """
    numbers = [p for p in task.inputs if p.name in asked and p.form is Form.NUMBERS and p.dim == 1]
    targets = [p for p in task.targets if p.size == 2 or (p.form is Form.NUMBERS and p.dim == 1)]
    if task.exact or not numbers or not targets or task.count // 4 < GROUPS[0]:
        return ()
    return tuple(
        end for part in numbers for above in (False, True) for end in _missed(source, model, task, part, above, targets)
    )


def _missed(source: str, model: Drawing, task: Task, part: Part, above: bool, targets: list[Part]) -> Iterator[End]:
    """One end of one input, for each target that is drawn badly there."""
    values = task.rows[part.name][:, 0].cpu()
    outermost = values.topk(min(GROUPS[-1], task.count // 4), largest=above)
    device = task.rows[task.targets[0].name].device  # where the model lives
    rows = rows_at(task.parts, task.rows, outermost.indices, device)
    count = len(outermost.indices)
    with torch.no_grad():
        given = {own.name: rows[own.name].repeat_interleave(DRAWS, 0) for own in task.inputs}
        drawn = draw(source, model, given, count * DRAWS, generator_for(0))
    mass = torch.ones(count) if task.weights is None else task.weights.cpu()[outermost.indices]
    for target in targets:
        places = _places(rows[target.name].reshape(count), drawn[target.name].reshape(count, DRAWS)).cpu()
        for most in reversed(GROUPS):
            if most > count:
                continue
            at = float(outermost.values[most - 1])
            there = outermost.values >= at if above else outermost.values <= at
            if int((values >= at if above else values <= at).sum()) > count:
                continue  # equal values go on beyond what was looked at
            off = float((mass * (places - 0.5))[there].sum())
            error = sqrt(float(mass[there].square().sum()) / 12)
            if error > 0 and abs(off) > ERRORS * error:
                missed = int((places[there] > 0.5).sum() if off > 0 else (places[there] < 0.5).sum())
                yield End(part.name, target.name, above, at, int(there.sum()), missed, off > 0)
                break


def _places(seen: Tensor, drawn: Tensor) -> Tensor:
    """Where each value lies among its draws, from 0 to 1.  Shape: (rows,), (rows, draws) -> (rows,)."""
    own = seen[:, None].to(drawn)
    return (drawn < own).double().mean(1) + (drawn == own).double().mean(1) / 2

"""Where a model fails at the ends of its inputs, and beside gaps: few rows move no loss, and may be what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.arithmetic import one_thread, rows_that_weigh
from idgen_torch.drawing import generator_for
from idgen_torch.families import Task
from idgen_torch.families.family import Drawing
from idgen_torch.families.returned import draw
from idgen_torch.families.task import rows_at
from idgen_torch.running.learned.stretches import Stretch

__all__ = ["missed_ends"]

GROUPS = (0, 15, 50, 150, 500, 1500, 5000)
LEAST, SHARE = 500, 0.02
"""The outermost rows are looked at in such groups, and in all up to the end together: of many rows so large a share of
them, at least so many, and at most a quarter."""

MOST_DRAWN, DRAWS = 75_000, (15, 50)
"""So many draws are made in all, and at least and at most so many for a row."""

ERRORS = 3.5
"""From so many standard errors on rows do not lie among a model's draws as draws would."""

GAPS = 3
"""So many gaps of an input have ends that are looked at."""

SLIGHT = 1.0
"""A stretch goes on inwards by the smallest group while that is off by so many."""

TIED = 0.01
"""Numbers of which draws equal a larger share have point masses, which lie in the middle."""


@one_thread()
def missed_ends(
    source: str, model: Drawing, task: Task, asked: Collection[str], thin: Collection[Stretch] = ()
) -> tuple[Stretch, ...]:
    """The ends of the inputs `asked`, single numbers, at which the model's draws of a target are not as its rows.

    thin: where hardly a row lies; what lies beyond on either side ends there, too.

    Where each row's target lies among draws for its inputs is uniform for a right model, whatever the law; how far the
    mean of the outermost rows is from the middle, and their mean distance from it from a quarter, says whether it is.
    Source: Dawid (1984), "The prequential approach".
    Raises DataError, in the name of the source, for draws that are no values.
    """
    numbers = [p for p in task.inputs if p.name in asked and p.form is Form.NUMBERS and p.dim == 1]
    targets = [p for p in task.targets if p.size == 2 or (p.form is Form.NUMBERS and p.dim == 1)]
    if task.exact or not numbers or not targets:
        return ()
    return tuple(
        stretch
        for part in numbers
        for border, above in _borders(task, part, thin)
        for end in _ends(source, model, task, part, border, above, targets)
        for stretch in end.missed()
    )


def _borders(task: Task, part: Part, thin: Collection[Stretch]) -> Iterator[tuple[float | None, bool]]:
    """The ends of an input: None and where it begins with gaps, and whether rows lie below."""
    yield from ((None, False), (None, True))
    values, least = task.rows[part.name][:, 0].cpu(), 4 * GROUPS[1]
    gaps = [
        (gap.high - gap.low, gap.low, gap.high)
        for gap in thin
        if gap.part == part.name and gap.low is not None and gap.high is not None
        if int((values < gap.low).sum()) >= least <= int((values > gap.high).sum())
    ]
    for _, low, high in sorted(gaps, reverse=True)[:GAPS]:
        yield from ((low, True), (high, False))


def _ends(
    source: str, model: Drawing, task: Task, part: Part, border: float | None, above: bool, targets: list[Part]
) -> Iterator[_End]:
    """One end of one input, for each target: of all its rows, or of those up to a border."""
    values, there = task.rows[part.name][:, 0].cpu(), rows_that_weigh(task.weights)
    if border is not None:
        within = values <= border if above else values >= border
        there = within.nonzero()[:, 0] if there is None else there[within[there]]
    if there is not None:
        values = values[there]
    most = min(max(LEAST, int(SHARE * len(values))), GROUPS[-1], len(values) // 4)
    if most < GROUPS[1]:
        return
    outermost = values.topk(most, largest=above)
    index = outermost.indices if there is None else there[outermost.indices]
    device = task.rows[task.targets[0].name].device  # where the model lives
    rows = rows_at(task.parts, task.rows, index, device)
    draws = min(max(MOST_DRAWN // most, DRAWS[0]), DRAWS[1])
    with torch.no_grad():
        given = {own.name: rows[own.name].repeat_interleave(draws, 0) for own in task.inputs}
        drawn = draw(source, model, given, most * draws, generator_for(0))
    mass = torch.ones(most, dtype=torch.float64) if task.weights is None else task.weights.cpu()[index]
    # A group ends where values differ, and where equal ones go on beyond what was looked at there is none.
    apart = ((outermost.values.diff() != 0).nonzero()[:, 0] + 1).tolist()
    if int((values >= outermost.values[-1] if above else values <= outermost.values[-1]).sum()) == most:
        apart.append(most)
    for target in targets:
        own, others = rows[target.name].reshape(most), drawn[target.name].reshape(most, draws)
        below, equal = (others < own[:, None].to(others)), (others == own[:, None].to(others))
        places = (below.double().sum(1) + equal.double().sum(1) / 2 + 0.5).cpu() / (draws + 1)
        spreads = target.size is None and float(equal.double().mean()) < TIED
        own_values = outermost.values.double()
        yield _End(part.name, target.name, border, above, own_values, places, mass.double(), apart, spreads)


@dataclass(frozen=True, eq=False)
class _End:
    """The rows at one end of an input, the outermost first, and where a target of each lies among its draws.

    border: where a gap begins, None for no row beyond.
    Shape: values, places, mass (rows,).  apart: after how many rows a group may end.  spreads: whether their distance
    from the middle says something.
    """

    part: str
    target: str
    border: float | None
    above: bool
    values: Tensor
    places: Tensor
    mass: Tensor
    apart: list[int]
    spreads: bool

    def missed(self) -> Iterator[Stretch]:
        """The stretch of each way in which rows are off, from the outermost group to the innermost that is."""
        stops = [0]
        for size in GROUPS[1:]:
            stop = next((k for k in self.apart if k >= size), None)
            if stop is not None and stop > stops[-1]:
                stops.append(stop)
        groups = sorted({*pairwise(stops), *((0, stop) for stop in stops[1:])})
        for way in (False, True) if self.spreads else (False,):
            errors = {group: self.errors(*group, way) for group in groups}
            off = [group for group in groups if abs(errors[group]) >= ERRORS]
            if off:
                worst = max(off, key=lambda group: abs(errors[group]))
                yield self._stretch(min(first for first, _ in off), max(stop for _, stop in off), worst, way)

    def errors(self, first: int, stop: int, spread: bool) -> float:
        """By how many standard errors a group's mean place, or mean distance from the middle, is off."""
        places, mass = self.places[first:stop], self.mass[first:stop]
        found, error = ((places - 0.5).abs() - 0.25, 1 / 48) if spread else (places - 0.5, 1 / 12)
        whole = float(mass.square().sum())
        return float((mass * found).sum()) / sqrt(whole * error) if whole > 0 else 0.0

    def _stretch(self, first: int, stop: int, worst: tuple[int, int], spread: bool) -> Stretch:
        while True:
            further = next((k for k in self.apart if k >= stop + GROUPS[1]), None)
            if further is None or abs(self.errors(stop, further, spread)) < SLIGHT:
                break
            stop = further
        places = self.places[worst[0] : worst[1]]
        if spread:
            inner = self.errors(*worst, spread) < 0
            way, off = ("within" if inner else "outside"), int((((places - 0.5).abs() < 0.25) == inner).sum())
        else:
            higher = self.errors(*worst, spread) > 0
            way, off = ("above" if higher else "below"), int(((places > 0.5) == higher).sum())
        near, far = float(self.values[stop - 1]), float(self.values[first]) if first else self.border
        ends = sorted((float(self.values[worst[0]]), float(self.values[worst[1] - 1])))
        low, high = (near, far) if self.above else (far, near)
        return Stretch(self.part, low, high, self.target, way, off, len(places), *ends)

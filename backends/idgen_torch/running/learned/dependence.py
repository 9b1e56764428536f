"""Whether drawn pictures depend on a model's inputs as the rows' own pictures do, and are as sharp as they."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from idgen_compiler.data.part import Form
from idgen_torch.drawing import generator_for, rows_by_weight, some_rows
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.families.returned import draw
from idgen_torch.families.task import rows_at
from idgen_torch.running.learned.aspects import GRAIN, KIND, LIGHT, SHARP, groups_of, levels_of

__all__ = ["LawsApart", "dependences", "in_words"]

ROWS, FEWEST = 3_000, 200
"""So many rows are drawn again, and a comparison needs so many."""
FEW_ROWS = 20
"""Groups of fewer rows are left out."""
SWAPS = 200
TOGETHER = {KIND: (0, 1, 2), GRAIN: (1, 2), LIGHT: (0, 1), SHARP: (0, 1)}
"""Given how many inputs at once an aspect is compared: ranks are equal of all, and sharpness is no matter of two."""
ERRORS, LEAST = 4.0, {KIND: 0.06, GRAIN: 0.06, LIGHT: 0.25, SHARP: 0.25}
"""Told is a distance so many deviations beyond chance, and so large: every network smooths a little."""
MEANT = {KIND: "a kind is of light and color", GRAIN: "grain is how thin strokes are"}
"""What a word stands for."""
DOUBT = 3.0
"""A distance of more deviations is not chance."""


@dataclass(frozen=True, slots=True)
class LawsApart:
    """How far the law of an aspect of a picture given some inputs is from that of what a model draws for them.

    `apart` is the total variation, a mean over the groups of rows with equal inputs, without what chance adds; `errors`
    is how many deviations of what chance alone gives it is beyond that. The kind goes by light, the grain by how thin
    strokes are, whatever their light; the light itself is looked at too, since a picture is of the nearest kind however
    far that is. Of pictures that are smoother than those of the rows strokes are softer and shapes less certain.

    >>> print(LawsApart("Y", ("X",), 0.31, 40.0, 3000))
    in 3000 rows, the law of the kind of Y given X is .31 away from what the model draws (total variation; a kind is \
of light and color); train longer, as by images={'steps': ...}, or with more rows
    """

    target: str
    inputs: tuple[str, ...]
    apart: float
    errors: float
    count: int
    aspect: str = KIND

    def __str__(self) -> str:
        return in_words([self])[0]

    @property
    def law(self) -> str:
        """Which law it is, in words."""
        given = f" given {' and '.join(self.inputs)}" if self.inputs else ""
        return f"{self.aspect} {self.target}{given}"

    @property
    def away(self) -> str:
        """The distance, in two digits."""
        return f"{self.apart:.2f}".lstrip("0")

    @property
    def matters(self) -> bool:
        """Whether the laws are apart beyond chance, and far."""
        return self.errors > ERRORS and self.apart > LEAST[self.aspect]

    @property
    def doubtful(self) -> bool:
        """Whether the laws are apart beyond chance, be it by little."""
        return self.errors > DOUBT


def in_words(found: Sequence[LawsApart]) -> list[str]:
    """What is away of each target, the worst of each aspect in one sentence; then what else there is, one by one."""
    first = {(one.target, one.aspect): one for one in reversed(found)}  # the worst come first
    targets = dict.fromkeys(one.target for one in found)
    together = [[first[target, aspect] for aspect in LEAST if (target, aspect) in first] for target in targets]
    rest = [[one] for one in found if one not in first.values()]
    return [_sentence(some) for some in (*together, *rest)]


def _sentence(some: Sequence[LawsApart]) -> str:
    head, *others = some
    also = "".join(f", that of {one.law} {one.away}" for one in others)
    meant = "".join(f"; {MEANT[one.aspect]}" for one in some if one.aspect in MEANT)
    return (
        f"in {head.count} rows, the law of {head.law} is {head.away} away from what the model draws{also} "
        f"(total variation{meant}); train longer, as by images={{'steps': ...}}, or with more rows"
    )


@torch.no_grad()
def dependences(source: str, model: ConditionalModel, task: Task) -> list[LawsApart]:
    """How far the laws of each target that is a picture are apart, the farthest first, of sharpness behind all others.

    Pictures fall into kinds by their light (`Kinds`) and into four parts by their grain, those among the inputs as
    well; compared are the shares of kinds in the rows and in what the model draws given the rows' own inputs: of all,
    given each input, and given each two. Ranks of grain are compared given each input and each two; how light and how
    sharp they are of all and given each input.
    A model that missed how its targets depend on an input draws another law given that input, and as much another law
    of the input given the picture. By chance alone row and draw may change places, which says how far apart laws would
    be then: a permutation test, exact for a model that does not know the rows. Source: Good (2005), section 3.2.
    Raises DataError, in the name of the source, for draws that are no values.
    """
    targets = [part for part in task.targets if part.form is Form.PICTURES]
    effective = int(task.effective_rows)
    if not targets or min(effective, task.count) < FEWEST or task.exact:
        return []
    generator = generator_for(0)
    most = min(ROWS, effective)
    index = (
        some_rows(task.count, most, generator)
        if task.weights is None
        else rows_by_weight(task.count, task.weights, most, generator)
    )
    device = task.rows[targets[0].name].device
    rows = rows_at(task.parts, task.rows, index.to(device), device)
    given = {part.name: rows[part.name] for part in task.inputs}
    drawn = draw(source, model, given, len(index), generator_for(1))
    groups = list(groups_of(task.inputs, rows, generator))
    found = []
    for part in targets:
        for aspect, seen, made, size in levels_of(rows[part.name], drawn[part.name], generator):
            found += [
                LawsApart(part.name, names, *_apart(seen, made, size, group, generator), aspect)
                for names, group in groups
                if len(names) in TOGETHER[aspect]
            ]
    return sorted(found, key=lambda one: (one.aspect == SHARP, -one.apart))


def _apart(
    seen: Tensor, made: Tensor, size: int, group: Tensor, generator: torch.Generator
) -> tuple[float, float, int]:
    """The distance without what chance adds, how many deviations beyond chance it is, and of how many rows.

    Shape: seen, made, group (rows,) int64.
    """
    there = torch.bincount(group)
    kept = there[group] >= FEW_ROWS
    seen, made, group = seen[kept], made[kept], group[kept]
    count = len(group)
    if not count:
        return 0.0, 0.0, 0
    cells = int(there.numel()) * size
    own, its = group * size + seen, group * size + made

    def distance(swap: Tensor) -> float:
        sign = 1 - 2 * swap.double()
        more = torch.zeros(cells, dtype=torch.float64).index_add_(0, own, sign).index_add_(0, its, -sign)
        return float(more.abs().sum()) / (2 * count)

    found = distance(torch.zeros(count, dtype=torch.bool))
    swaps = (torch.rand(count, generator=generator, dtype=torch.float32) < 0.5 for _ in range(SWAPS))
    chance = torch.tensor([distance(swap) for swap in swaps], dtype=torch.float64)
    mean, deviation = float(chance.mean()), float(chance.std()) + 1e-9
    # Two differences that have nothing to do with each other add up by their squares.
    return sqrt(max(0.0, found**2 - mean**2)), (found - mean) / deviation, count

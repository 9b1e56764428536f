"""Whether drawn pictures depend on a model's inputs as the rows' own pictures do, and are as sharp as they."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.drawing import generator_for, rows_by_weight, some_rows
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.families.images.kinds import Kinds
from idgen_torch.families.returned import draw
from idgen_torch.families.task import rows_at
from idgen_torch.nets.conditioning import pixels
from idgen_torch.parts import Values

__all__ = ["KIND", "SHARP", "LawsApart", "dependences"]

ROWS, FEWEST = 3_000, 200
"""So many rows are drawn again, and a comparison needs so many."""
MOST_KINDS, FEW_ROWS = 8, 20
"""Pictures fall into so many kinds at most; groups of fewer rows are left out."""
SWAPS = 200
SHARPER = 0.1
"""Pictures differ in sharpness by so much at least."""
KIND, SHARP = "the kind of", "the sharpness of"
ERRORS, LEAST = 4.0, {KIND: 0.06, SHARP: 0.25}
"""Told is a distance so many deviations beyond chance, and so large: every network smooths a little."""
DOUBT = 3.0
"""A distance of more deviations is not chance."""


@dataclass(frozen=True, slots=True)
class LawsApart:
    """How far the law of the kinds of a picture given some inputs is from that of what a model draws for them.

    `apart` is the total variation, a mean over the groups of rows with equal inputs, without what chance adds; `errors`
    is how many deviations of what chance alone gives it is beyond that. Of pictures that are smoother than those of the
    rows strokes are softer and shapes less certain, whatever their light.

    >>> print(LawsApart("Y", ("X",), 0.31, 40.0, 3000))
    in 3000 rows, the law of the kind of Y given X is .31 away from what the model draws (total variation); \
train longer, as by images={'steps': ...}, or with more rows
    """

    target: str
    inputs: tuple[str, ...]
    apart: float
    errors: float
    count: int
    aspect: str = KIND

    def __str__(self) -> str:
        given = f" given {' and '.join(self.inputs)}" if self.inputs else ""
        away = f"{self.apart:.2f}".lstrip("0")
        return (
            f"in {self.count} rows, the law of {self.aspect} {self.target}{given} is {away} away from what the model "
            "draws (total variation); train longer, as by images={'steps': ...}, or with more rows"
        )

    @property
    def matters(self) -> bool:
        """Whether the laws are apart beyond chance, and far."""
        return self.errors > ERRORS and self.apart > LEAST[self.aspect]

    @property
    def doubtful(self) -> bool:
        """Whether the laws are apart beyond chance, be it by little."""
        return self.errors > DOUBT


@torch.no_grad()
def dependences(source: str, model: ConditionalModel, task: Task) -> list[LawsApart]:
    """How far the laws of each target that is a picture are apart, of kinds, then of sharpness, the farthest first.

    Pictures fall into kinds by their light (`Kinds`), those among the inputs as well; compared are the shares of kinds
    in the rows and in what the model draws given the rows' own inputs: of all, given each input, and given each two.
    How sharp they are is compared of all and given each input.
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
    groups = list(_groups(task.inputs, rows))
    found = []
    for part in targets:
        kinds = _kinds(rows[part.name])
        seen, made = (kinds.of(values[part.name])[:, 0].cpu() for values in (rows, drawn))
        size = kinds.sizes[0]
        found += [LawsApart(part.name, names, *_apart(seen, made, size, group, generator)) for names, group in groups]
        seen, made = _levels_of_sharpness(rows[part.name], drawn[part.name])
        found += [
            LawsApart(part.name, names, *_apart(seen, made, MOST_KINDS, group, generator), SHARP)
            for names, group in groups
            if len(names) < 2
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


def _groups(inputs: Sequence[Part], rows: Values) -> Iterator[tuple[tuple[str, ...], Tensor]]:
    """Which rows have equal inputs: all, by each input, and by each two of them.  Shape: (rows,) int64."""
    count = len(next(iter(rows.values())))
    yield (), torch.zeros(count, dtype=torch.long)
    codes = {part.name: _levels(part, rows[part.name]) for part in inputs if part.form is not Form.TEXTS}
    for name, code in codes.items():
        yield (name,), code
    for one, other in combinations(codes, 2):
        _, both = torch.stack([codes[one], codes[other]]).unique(dim=1, return_inverse=True)
        yield (one, other), both


def _levels(part: Part, values: Tensor) -> Tensor:
    """An input as few categories: codes as they are, pictures by their light, numbers by how large the first is."""
    if part.form is Form.CODES:
        return values.cpu()
    if part.form is Form.PICTURES:
        return _kinds(values).of(values)[:, 0].cpu()
    first = values.reshape(len(values), -1)[:, 0].cpu().double()
    ends = torch.quantile(first, torch.linspace(0, 1, 5, dtype=torch.float64)[1:-1])
    return torch.bucketize(first, ends)


def _levels_of_sharpness(seen: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """Which eighth of the rows' pictures each is as sharp as.  Shape: (rows, C, H, W) uint8 -> twice (rows,) int64.

    Sharpness is the squares of the steps to the next pixels, beside the variance of all pictures of the rows.
    """
    values = pixels(seen).double()
    whole = float((values - values.mean(0)).square().mean())
    own, its = ((_steps(images) / max(whole, 1e-6) / SHARPER).floor().cpu() for images in (seen, made))
    ends = torch.quantile(own, torch.linspace(0, 1, MOST_KINDS + 1, dtype=own.dtype)[1:-1])
    return torch.bucketize(own, ends), torch.bucketize(its, ends)


def _steps(images: Tensor) -> Tensor:
    """The mean squares of the steps down and across.  Shape: (rows, C, H, W) uint8 -> (rows,) float64."""
    values = pixels(images).double()
    down, across = (values.diff(dim=axis).square().flatten(1).mean(1) for axis in (2, 3))
    return down + across


def _kinds(images: Tensor) -> Kinds:
    """Kinds of these pictures."""
    return Kinds.found(lambda index: images[index.to(images.device)], len(images), None, (MOST_KINDS, 1), 0)

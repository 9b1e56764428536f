"""What a check of pictures looks at: kind, grain, light in all and how sharp they are, each as few categories."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.families.images.kinds import Kinds, few_at_a_time, fineness
from idgen_torch.nets.conditioning import pixels
from idgen_torch.parts import Values

__all__ = ["GRAIN", "KIND", "LIGHT", "SHARP", "Group", "groups_of", "levels_of"]

KIND, GRAIN, LIGHT, SHARP = "the kind of", "the grain of", "the light of", "the sharpness of"
MOST_KINDS, GRAINS, EIGHTHS = 8, 4, 8
"""Pictures fall into so many kinds at most, and into so many parts of equal size by their grain, and by the rest."""
SHARPER = 0.1
"""Pictures differ in sharpness by so much at least."""
LIGHTER, OF_ALL = 0.25, 0.08
"""And in light by so many of its deviations, or such a share of all light, whichever is more."""

Group = tuple[tuple[str, ...], Tensor]
"""What rows of a group have in common, and which group each row is of.  Shape: (rows,) int64."""


def levels_of(seen: Tensor, made: Tensor, generator: torch.Generator) -> Iterator[tuple[str, Tensor, Tensor, int]]:
    """By each aspect, which of how many levels each picture of the rows, and each that was drawn, is of.

    Kinds, light and sharpness of what was drawn are measured by those of the rows. Grain is compared by ranks among the
    pictures of a kind, of rows and of draws apart: every network smooths a little, pictures of one kind more than those
    of another, which moves all their grains alike, and how sharp pictures are is said by itself.
    Shape: (rows, C, H, W) uint8 -> twice (rows,) int64.
    """
    kinds = _kinds(seen)
    own, its = (kinds.of(images)[:, 0].cpu() for images in (seen, made))
    yield KIND, own, its, kinds.sizes[0]
    yield GRAIN, _grains(seen, own, generator), _grains(made, its, generator), GRAINS
    yield LIGHT, *_eighths(*_lights(seen, made, generator)), EIGHTHS
    yield SHARP, *_eighths(*_sharpness(seen, made)), EIGHTHS


def groups_of(inputs: Sequence[Part], rows: Values, generator: torch.Generator) -> Iterator[Group]:
    """Which rows have equal inputs: all, by each input, and by each two of them; a picture is one by kind and by grain.

    Shape: (rows,) int64.
    """
    count = len(next(iter(rows.values())))
    yield (), torch.zeros(count, dtype=torch.long)
    codes = [
        (name, code)
        for part in inputs
        if part.form is not Form.TEXTS
        for name, code in _levels(part, rows[part.name], generator)
    ]
    for name, code in codes:
        yield (name,), code
    for (one, first), (other, second) in combinations(codes, 2):
        _, both = torch.stack([first, second]).unique(dim=1, return_inverse=True)
        yield (one, other), both


def _levels(part: Part, values: Tensor, generator: torch.Generator) -> Iterator[tuple[str, Tensor]]:
    """An input as few categories: codes as they are, numbers by how large the first is, pictures in two ways."""
    if part.form is Form.PICTURES:
        kind = _kinds(values).of(values)[:, 0].cpu()
        yield part.name, kind
        yield f"{GRAIN} {part.name}", _grains(values, kind, generator)
    elif part.form is Form.CODES:
        yield part.name, values.cpu()
    else:
        first = values.reshape(len(values), -1)[:, 0].cpu().double()
        ends = torch.quantile(first, torch.linspace(0, 1, 5, dtype=torch.float64)[1:-1])
        yield part.name, torch.bucketize(first, ends)


def _grains(images: Tensor, kinds: Tensor, generator: torch.Generator) -> Tensor:
    """Which part of the pictures of its kind each is of by its steps beside its light; chance decides among equal ones.

    Shape: (rows, C, H, W) uint8, (rows,) int64 -> (rows,) int64.
    """
    fine, found = fineness(images).cpu(), torch.zeros_like(kinds)
    for kind in kinds.unique():
        rows = (kinds == kind).nonzero()[:, 0]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        found[rows[fine[rows].argsort(stable=True)]] = torch.arange(len(rows)) * GRAINS // len(rows)
    return found


def _eighths(own: Tensor, its: Tensor) -> tuple[Tensor, Tensor]:
    """Which eighth of the rows' own each is in.  Shape: twice (rows,) float64 -> twice (rows,) int64."""
    ends = torch.quantile(own, torch.linspace(0, 1, EIGHTHS + 1, dtype=own.dtype)[1:-1])
    return torch.bucketize(own, ends), torch.bucketize(its, ends)


def _sharpness(seen: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """The squares of the steps to the next pixels, beside the variance of all pictures of the rows, in whole `SHARPER`.

    Shape: (rows, C, H, W) uint8 -> twice (rows,) float64.
    """
    sums = [(few.sum(0), few.square().sum(0)) for few in map(_numbers, few_at_a_time(seen))]
    mean, square = (sum(each) / len(seen) for each in zip(*sums, strict=True))
    whole = max(float((square - mean.square()).mean()), 1e-6)
    own, its = ((_each(_steps, images) / whole / SHARPER).floor() for images in (seen, made))
    return own, its


def _lights(seen: Tensor, made: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The mean light of a picture in whole steps of what matters, rounded by chance: no step is crossed by a trifle.

    Kinds count a picture to the nearest, however far it is. Shape: (rows, C, H, W) uint8 -> twice (rows,) float64.
    """
    own, its = (_each(_light, images) for images in (seen, made))
    step = max(LIGHTER * float(own.std()), OF_ALL)
    own, its = (
        (light / step + torch.rand(len(light), generator=generator, dtype=torch.float64)).floor()
        for light in (own, its)
    )
    return own, its


def _steps(images: Tensor) -> Tensor:
    """The mean squares of the steps down and across.  Shape: (rows, C, H, W) uint8 -> (rows,) float64."""
    values = _numbers(images)
    down, across = (values.diff(dim=axis).square().flatten(1).mean(1) for axis in (2, 3))
    return down.nan_to_num(0) + across.nan_to_num(0)  # pictures of one row or column have no steps there


def _light(images: Tensor) -> Tensor:
    """The share of all light that could be.  Shape: (rows, C, H, W) uint8 -> (rows,) float64 in [0, 1]."""
    return (_numbers(images).flatten(1).mean(1) + 1) / 2


def _numbers(images: Tensor) -> Tensor:
    return pixels(images).double()


def _each(look: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """What a look finds of each picture, few at a time.  Shape: (rows, C, H, W) uint8 -> (rows,) float64."""
    return torch.cat([look(few) for few in few_at_a_time(images)]).cpu()


def _kinds(images: Tensor) -> Kinds:
    """Kinds of these pictures."""
    return Kinds.found(lambda index: images[index.to(images.device)], len(images), None, (MOST_KINDS, 1), 0)

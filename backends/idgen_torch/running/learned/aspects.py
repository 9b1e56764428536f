"""What a check of pictures looks at: their kind, their grain, and how sharp they are, each as few categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import torch
from torch import Tensor

from idgen_compiler.data.part import Form, Part
from idgen_torch.families.images.kinds import Kinds, fineness
from idgen_torch.nets.conditioning import pixels
from idgen_torch.parts import Values

__all__ = ["GRAIN", "KIND", "SHARP", "Group", "groups_of", "levels_by"]

KIND, GRAIN, SHARP = "the kind of", "the grain of", "the sharpness of"
MOST_KINDS, GRAINS = 8, 4
"""Pictures fall into so many kinds at most, and into so many parts of equal size by their grain."""
SHARPER = 0.1
"""Pictures differ in sharpness by so much at least."""

Group = tuple[tuple[str, ...], Tensor]
"""What rows of a group have in common, and which group each row is of.  Shape: (rows,) int64."""


def levels_by(aspect: str, seen: Tensor, made: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, int]:
    """Which of how many levels of an aspect each picture of the rows, and each that was drawn, is of.

    Kinds and sharpness of what was drawn are measured by those of the rows. Grain is compared by ranks among the
    pictures of a kind, of rows and of draws apart: every network smooths a little, pictures of one kind more than those
    of another, which moves all their grains alike, and how sharp pictures are is said by itself.
    Shape: (rows, C, H, W) uint8 -> twice (rows,) int64.
    """
    if aspect == SHARP:
        return *_sharpness(seen, made), MOST_KINDS
    kinds = _kinds(seen)
    own, its = (kinds.of(images)[:, 0].cpu() for images in (seen, made))
    if aspect == KIND:
        return own, its, kinds.sizes[0]
    return _grains(seen, own, generator), _grains(made, its, generator), GRAINS


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


def _sharpness(seen: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
    """Which eighth of the rows' pictures each is as sharp as.  Shape: (rows, C, H, W) uint8 -> twice (rows,) int64.

    Sharpness is the squares of the steps to the next pixels, beside the variance of all pictures of the rows.
    """
    values = pixels(seen).double()
    whole = max(float((values - values.mean(0)).square().mean()), 1e-6)
    own, its = ((_steps(images) / whole / SHARPER).floor().cpu() for images in (seen, made))
    ends = torch.quantile(own, torch.linspace(0, 1, MOST_KINDS + 1, dtype=own.dtype)[1:-1])
    return torch.bucketize(own, ends), torch.bucketize(its, ends)


def _steps(images: Tensor) -> Tensor:
    """The mean squares of the steps down and across.  Shape: (rows, C, H, W) uint8 -> (rows,) float64."""
    values = pixels(images).double()
    down, across = (values.diff(dim=axis).square().flatten(1).mean(1) for axis in (2, 3))
    return down.nan_to_num(0) + across.nan_to_num(0)  # pictures of one row or column have no steps there


def _kinds(images: Tensor) -> Kinds:
    """Kinds of these pictures."""
    return Kinds.found(lambda index: images[index.to(images.device)], len(images), None, (MOST_KINDS, 1), 0)

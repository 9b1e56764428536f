"""Kinds of pictures: a few that differ in light, and within them a few that differ in shape, and in grain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import sqrt
from typing import Self

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from idgen_compiler.data.part import Part
from idgen_torch.drawing import generator_for, rows_by_weight, some_rows
from idgen_torch.families.state import Tensors, checked_tensor
from idgen_torch.nets.conditioning import pixels
from idgen_torch.parts import Values

__all__ = ["LEVELS", "Kinds", "few_at_a_time", "fineness"]

LEVELS = ("light", "shape", "grain")
SIDE = 4
"""Pixels on a side of a thumbnail."""

SOME, AT_ONCE, PIXELS_AT_ONCE = 10_000, 512, 2**21
ROWS_A_KIND = 64
"""A kind has so many rows on average, at least."""
WORTH = 0.05
"""Twice as many kinds are worth it where they explain so much more of the squared distance."""
STARTS, ROUNDS = 3, 40
_CONSTANT = 1e-4
"""Pictures that vary less than this look alike."""


@dataclass(frozen=True, eq=False)
class Kinds:
    """Which kind a picture is of: a function of its pixels, so that p(y) = sum over kinds p(kind) p(y | kind).

    The first code is the nearest of the `light` centres, by the mean of each channel; the second the nearest of the
    `shape` centres, by how the thumbnail differs from the mean thumbnail (`means`) of its light; the third the nearest
    of the `grain` centres, by how the light in all and the steps from pixel to pixel beside it differ from the mean
    ones (`grains`): of two pictures of equal light the one with thinner strokes has more steps. Where pictures fall
    into no kinds at a level there is one. What was saved before pictures were told apart by their grain has no third.
    Shapes: light (kinds, C), means (kinds, 16 C), shape (kinds', 16 C), grains (kinds, 2), grain (kinds'', 2) float32.
    """

    light: Tensor
    means: Tensor
    shape: Tensor
    grains: Tensor | None = None
    grain: Tensor | None = None

    @classmethod
    def found(
        cls, images: Callable[[Tensor], Tensor], count: int, weights: Tensor | None, most: Sequence[int], seed: int
    ) -> Self:
        """Kinds of the pictures that `images` gives for some row numbers, (rows, C, H, W) uint8.

        How many is chosen by the data, at most so many at each level, light, shape and grain, one where none is said:
        twice as many while that explains `WORTH` more of the squared distance.
        Source: Lloyd (1982), started as by Arthur and Vassilvitskii (2007).
        """
        generator = generator_for(seed)
        index = some_rows(count, SOME, generator)
        if weights is not None:  # rows of no weight are not there
            index = (
                index[weights.cpu()[index] > 0]
                if bool((weights.cpu()[index] > 0).any())
                else rows_by_weight(count, weights, min(count, SOME), generator)
            )
        each = [[look(some) for look in _LOOKS] for few in index.split(AT_ONCE) for some in few_at_a_time(images(few))]
        seen = [torch.cat(pieces) for pieces in zip(*each, strict=True)]
        device = seen[0].device
        most = (*most, *(1 for _ in _LOOKS))
        light, codes = _centres(seen[0].cpu(), most[0], generator)
        tensors = [light]
        for few, own in zip(most[1:], seen[1:], strict=False):
            own = own.cpu()
            means = torch.stack([own[codes == k].mean(0) for k in range(len(light))]).nan_to_num(0)  # of no picture
            tensors += [means, _centres(own - means[codes], few, generator)[0]]
        return cls(*(tensor.to(device) for tensor in tensors))

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many kinds each level has."""
        return (len(self.light), *(len(centres) for _, centres in self._within))

    @property
    def _within(self) -> list[tuple[Tensor, Tensor]]:
        """The means by light and the centres of each level after it."""
        pairs = [(self.means, self.shape)]
        return pairs if self.grains is None or self.grain is None else [*pairs, (self.grains, self.grain)]

    @property
    def several(self) -> bool:
        """Whether pictures fall into more than one kind."""
        return max(self.sizes) > 1

    def parts(self, name: str) -> tuple[Part, ...]:
        """The codes as inputs of a network."""
        levels = zip(LEVELS, self.sizes, strict=False)
        return tuple(Part(f"{name}@{level}", size) for level, size in levels)

    def of(self, images: Tensor) -> Tensor:
        """The codes of some pictures.  Shape: (rows, C, H, W) uint8 -> (rows, levels) int64."""
        found, others = [], list(zip(_LOOKS[1:], self._within, strict=False))
        for few in few_at_a_time(images):
            light = _nearest(_light(few), self.light)
            rest = [_nearest(look(few) - means[light], centres) for look, (means, centres) in others]
            found.append(torch.stack([light, *rest], 1))
        none = torch.empty(0, len(self.sizes), dtype=torch.long, device=self.light.device)
        return torch.cat(found) if found else none

    def told(self, name: str, codes: Tensor) -> Values:
        """The codes by the names of their parts."""
        return {part.name: codes[:, k] for k, part in enumerate(self.parts(name))}

    def state(self) -> Tensors:
        """The centres."""
        return {field.name: own for field in fields(self) if (own := getattr(self, field.name)) is not None}

    @classmethod
    def from_state(cls, tensors: Tensors, sizes: Sequence[int], channels: int) -> Self:
        """The kinds whose `state` this is.  Raises DataError for tensors of other shapes."""
        wide = channels * SIDE**2
        light, shape, *grain = sizes
        shapes = {"light": (light, channels), "means": (light, wide), "shape": (shape, wide)}
        for own in grain:
            shapes |= {"grains": (light, 2), "grain": (own, 2)}
        return cls(**checked_tensor(tensors, {name: (shape, torch.float32) for name, shape in shapes.items()}))

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""
        return type(self)(**{name: tensor.to(device) for name, tensor in self.state().items()})


def few_at_a_time(images: Tensor) -> tuple[Tensor, ...]:
    """Few enough at a time that their numbers do not fill the memory."""
    return images.split(max(1, PIXELS_AT_ONCE // max(1, images.shape[-2] * images.shape[-1])))


def _light(images: Tensor) -> Tensor:
    """The root of each channel's light, so that dark pictures of two colors are apart.

    Shape: (rows, C, H, W) uint8 -> (rows, C) float32 in [0, 1].
    """
    return _afar(images, 1)


def _thumbnail(images: Tensor) -> Tensor:
    """The same of `SIDE` by `SIDE` places.  Shape: (rows, C, H, W) uint8 -> (rows, C * SIDE^2) float32 in [0, 1]."""
    return _afar(images, SIDE)


def _afar(images: Tensor, side: int) -> Tensor:
    light = (adaptive_avg_pool2d(pixels(images), side).flatten(1) + 1) / 2
    return light.clamp(min=0).sqrt()


def _grain(images: Tensor) -> Tensor:
    """The logarithms of the light in all, and of the steps down and across from pixel to pixel beside it.

    Shape: (rows, C, H, W) uint8 -> (rows, 2) float32.
    """
    values = (pixels(images) + 1) / 2
    light = values.flatten(1).sum(1) + 1  # so that a picture without any has a logarithm
    steps = sum(values.diff(dim=axis).abs().flatten(1).sum(1) for axis in (2, 3)) + 1
    return torch.stack([light, steps / light], 1).log()


def fineness(images: Tensor) -> Tensor:
    """The steps from pixel to pixel beside the light in all, by logarithm: the finer the strokes, the more.

    Shape: (rows, C, H, W) uint8 -> (rows,) float32.
    """
    return torch.cat([_grain(few)[:, 1] for few in few_at_a_time(images)])


_LOOKS = (_light, _thumbnail, _grain)
"""What each level goes by."""


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    """Shape: points (rows, width), centres (kinds, width) -> (rows,) int64."""
    return torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)


def _centres(points: Tensor, most: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The centres of as many kinds as are worth it, and which kind each point is of.  Shape: points (rows, width)."""
    best = points.mean(0, keepdim=True)
    codes = torch.zeros(len(points), dtype=torch.long)
    whole = left = float((points - best).square().sum(1).mean())
    if sqrt(whole / points.shape[1]) < _CONSTANT:
        return best, codes
    count = 2
    while count <= min(most, len(points) // ROWS_A_KIND):
        found = min((_grouped(points, count, generator) for _ in range(STARTS)), key=lambda one: one[2])
        if left - found[2] < WORTH * whole:
            break
        best, codes, left = found
        count *= 2
    # Of three colors four kinds would split one by chance: those that explain hardly anything are left out.
    many = len(best)
    for fewer in range(many - 1, max(many // 2, 1), -1):
        found = min((_grouped(points, fewer, generator) for _ in range(STARTS)), key=lambda one: one[2])
        if found[2] - left > WORTH * whole * (many - fewer) / many:
            break
        best, codes = found[:2]
    return best, codes


def _grouped(points: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """So many centres, the nearest of each point, and the mean squared distance; kinds of no point are left out."""
    centres = points[torch.randint(len(points), (1,), generator=generator)]
    while len(centres) < count:
        away = torch.cdist(points, centres).amin(1).square().double()
        if float(away.sum()) <= 0:
            break
        centres = torch.cat([centres, points[rows_by_weight(len(points), away, 1, generator)]])
    codes = torch.full((len(points),), -1, dtype=torch.long)
    for _ in range(ROUNDS):
        now = _nearest(points, centres)
        if torch.equal(now, codes):
            break
        there = torch.bincount(now, minlength=len(centres))
        sums = torch.zeros_like(centres).index_add_(0, now, points)
        centres = (sums / there.clamp(min=1).unsqueeze(1))[there > 0]
        codes = now
    codes = _nearest(points, centres)
    return centres, codes, float((points - centres[codes]).square().sum(1).mean())

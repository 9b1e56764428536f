"""Kinds of pictures: a few that differ in light, and within them a few that differ in shape, both seen from afar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

__all__ = ["SIDES", "Kinds"]

SIDES = (1, 4)
"""Pixels on a side of what is looked at: the light of each channel first, then a thumbnail."""

SOME, AT_ONCE = 10_000, 4_096
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
    `shape` centres, by how the thumbnail differs from the mean thumbnail (`means`) of its light. Where pictures fall
    into no kinds at a level there is one. Shapes: light (kinds, C), means (kinds, 16 C), shape (kinds', 16 C) float32.
    """

    light: Tensor
    means: Tensor
    shape: Tensor

    @classmethod
    def found(
        cls, images: Callable[[Tensor], Tensor], count: int, weights: Tensor | None, most: tuple[int, int], seed: int
    ) -> Self:
        """Kinds of the pictures that `images` gives for some row numbers, (rows, C, H, W) uint8.

        How many is chosen by the data, at most so many at each level, light and shape: twice as many while that
        explains `WORTH` more of the squared distance.
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
        afar = [torch.cat([_afar(images(few), side) for few in index.split(AT_ONCE)]) for side in SIDES]
        device = afar[0].device
        light, codes = _centres(afar[0].cpu(), most[0], generator)
        means = torch.stack([afar[1].cpu()[codes == k].mean(0) for k in range(len(light))])
        shape, _ = _centres(afar[1].cpu() - means[codes], most[1], generator)
        return cls(light.to(device), means.to(device), shape.to(device))

    @property
    def sizes(self) -> tuple[int, int]:
        """How many kinds each level has."""
        return len(self.light), len(self.shape)

    @property
    def several(self) -> bool:
        """Whether pictures fall into more than one kind."""
        return max(self.sizes) > 1

    def parts(self, name: str) -> tuple[Part, ...]:
        """The codes as inputs of a network."""
        levels = zip(("light", "shape"), self.sizes, strict=True)
        return tuple(Part(f"{name}@{level}", size) for level, size in levels)

    def of(self, images: Tensor) -> Tensor:
        """The codes of some pictures.  Shape: (rows, C, H, W) uint8 -> (rows, 2) int64."""
        found = []
        for few in images.split(AT_ONCE):
            light = _nearest(_afar(few, SIDES[0]), self.light)
            found.append(torch.stack([light, _nearest(_afar(few, SIDES[1]) - self.means[light], self.shape)], 1))
        return torch.cat(found) if found else torch.empty(0, 2, dtype=torch.long, device=self.light.device)

    def told(self, name: str, codes: Tensor) -> Values:
        """The codes by the names of their parts."""
        return {part.name: codes[:, k] for k, part in enumerate(self.parts(name))}

    def state(self) -> Tensors:
        """The centres."""
        return {"light": self.light, "means": self.means, "shape": self.shape}

    @classmethod
    def from_state(cls, tensors: Tensors, sizes: Sequence[int], channels: int) -> Self:
        """The kinds whose `state` this is.  Raises DataError for tensors of other shapes."""
        wide = channels * SIDES[1] ** 2
        shapes = {"light": (sizes[0], channels), "means": (sizes[0], wide), "shape": (sizes[1], wide)}
        found = checked_tensor(tensors, {name: (shape, torch.float32) for name, shape in shapes.items()})
        return cls(found["light"], found["means"], found["shape"])

    def to(self, device: str | torch.device) -> Self:
        """The same on another device."""
        return type(self)(self.light.to(device), self.means.to(device), self.shape.to(device))


def _afar(images: Tensor, side: int) -> Tensor:
    """The root of each channel's light, brought down to a few pixels, so that dark pictures of two colors are apart.

    Shape: (rows, C, H, W) uint8 -> (rows, C * side^2) float32 in [0, 1].
    """
    light = (adaptive_avg_pool2d(pixels(images), side).flatten(1) + 1) / 2
    return light.clamp(min=0).sqrt()


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

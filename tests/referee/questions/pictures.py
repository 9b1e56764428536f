"""Twelve questions with small pictures: attributes by a structural model, pictures by a renderer, read back by a judge.

A picture of 3 x 16 x 16 pixels shows a bar, a pillar or a cross in red, green or blue, at a random place and of random
length, thickness and brightness, on a noisy ground. The judge reads shape and color from the pixels alone; what it says
of as many real pictures is the floor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np

import idgen_compiler as idgen
from tests.referee.case import Ask, Case
from tests.referee.questions.scm import Array, World

__all__ = ["PictureModel", "attributes", "picture_models", "render"]

SIDE, SHAPES, COLORS = 16, 3, 3
ROWS, DRAWS, TRUTH = 3_000, 1_000, 200_000
CELLS = SHAPES * COLORS
"""A picture's attributes as one code: COLORS * shape + color."""


def render(codes: Array, rng: np.random.Generator) -> Array:
    """Pictures of attributes.  Shape: (n,) -> (n, 3, 16, 16), uint8."""
    n = len(codes)
    shape, color = codes // COLORS, codes % COLORS
    row, column = rng.integers(5, 11, (2, n, 1, 1))
    reach, thick = rng.integers(4, 6, (n, 1, 1)), rng.integers(0, 2, (n, 1, 1))
    down, across = np.mgrid[:SIDE, :SIDE]
    bar = (abs(across - column) <= reach) & (down >= row) & (down <= row + thick)
    pillar = (abs(down - row) <= reach) & (across >= column) & (across <= column + thick)
    drawn = np.where(shape[:, None, None] == 0, bar, np.where(shape[:, None, None] == 1, pillar, bar | pillar))
    pictures = rng.integers(0, 40, (n, COLORS, SIDE, SIDE))
    ink = rng.integers(170, 250, (n, 1, 1)) * drawn
    pictures[np.arange(n), color] = np.maximum(pictures[np.arange(n), color], ink)
    return pictures.astype(np.uint8)


def attributes(pictures: Array) -> Array:
    """What the judge reads.  Shape: (n, 3, 16, 16) -> (n,), codes."""
    light = np.clip(np.asarray(pictures, dtype=float) - 80, 0, None)
    color = light.sum((2, 3)).argmax(1)
    own = light[np.arange(len(light)), color]
    rows, columns = own.max(2) > 40, own.max(1) > 40
    height, width = rows.sum(1), columns.sum(1)
    shape = np.where(height <= 3, 0, np.where(width <= 3, 1, 2))
    return shape * COLORS + color


@dataclass(frozen=True, eq=False)
class PictureModel:
    """Attributes by `unfold`, which fills a world with codes; `drawn` are the columns that are shown as pictures."""

    kind: str
    seed: int
    graph: str
    unfold: Callable[[World], None]
    drawn: tuple[str, ...]
    levels: Mapping[str, int]

    @cached_property
    def case(self) -> Case:
        graph, query = idgen.ADMG.parse(self.graph), idgen.Query.parse("P(Y | do(X))")
        asks = tuple(Ask({"X": x}) for x in range(self.levels["X"]))
        name = f"{self.kind} {self.seed}"
        return Case(name, "pictures", self.kind, graph, query, self.levels, asks, None, DRAWS, self.seed)

    def _rng(self, *what: int) -> np.random.Generator:
        return np.random.default_rng((17, 30, crc32(self.kind.encode()), self.seed, *what))

    def table(self) -> dict[str, Array]:
        world = World(self._rng(0), ROWS)
        self.unfold(world)
        rng = self._rng(1)
        return {name: render(v, rng) if name in self.drawn else v for name, v in world.columns.items()}

    def law(self, k: int) -> Array:
        """The truth at a place, by simulation: chances of the outcome's codes."""
        world = World(self._rng(2, k), TRUTH, self.case.asks[k].do)
        self.unfold(world)
        return self._shares(world.columns["Y"])

    def read(self, outcomes: Array) -> Array:
        """The shares of codes among samples of the outcome, pictures by the judge."""
        return self._shares(attributes(outcomes) if "Y" in self.drawn else np.asarray(outcomes).astype(int))

    def floor(self, k: int) -> Array:
        """What is read of as many real outcomes."""
        world = World(self._rng(3, k), DRAWS, self.case.asks[k].do)
        self.unfold(world)
        y = world.columns["Y"]
        return self.read(render(y, self._rng(4, k)) if "Y" in self.drawn else y)

    def _shares(self, codes: Array) -> Array:
        size = CELLS if "Y" in self.drawn else self.levels["Y"]
        return np.bincount(codes, minlength=size) / len(codes)


def picture_models() -> Iterator[PictureModel]:
    """Three seeds of four kinds, seed by seed."""
    for seed in (1, 2, 3):
        for kind in (_back_door, _seen, _front_door, _napkin):
            yield kind(seed)


def _chances(rng: np.random.Generator, *size: int) -> Array:
    """Log-odds of the last axis' categories, given those of the others."""
    return rng.normal(0, 1.2, size)


def _pick(w: World, name: str, scores: Array) -> Array:
    """A category by scores, one row a unit.  Shape: (n, levels) -> (n,)."""
    return w.levels(name, scores.T)


def _back_door(seed: int) -> PictureModel:
    """Two categories decide what is drawn; one of them moves the cause."""
    rng = np.random.default_rng((17, 31, seed))
    to_x, to_y = _chances(rng, 3, 2), _chances(rng, 3, 2, CELLS)

    def unfold(w: World) -> None:
        z = _pick(w, "Z", np.zeros((w.n, 3)))
        x = _pick(w, "X", to_x[z])
        _pick(w, "Y", to_y[z, x])

    return PictureModel("picture of two causes", seed, "Z -> X -> Y; Z -> Y", unfold, ("Y",), {"Z": 3, "X": 2})


def _seen(seed: int) -> PictureModel:
    """The covariate is a picture: its color moves the cause, its color and shape what is drawn."""
    rng = np.random.default_rng((17, 32, seed))
    to_x, color, shape = _chances(rng, COLORS, 2), _chances(rng, COLORS, 2, COLORS), _chances(rng, SHAPES, 2, SHAPES)

    def unfold(w: World) -> None:
        c = _pick(w, "C", np.zeros((w.n, CELLS)))
        x = _pick(w, "X", to_x[c % COLORS])
        each = shape[c // COLORS, x][:, :, None] + color[c % COLORS, x][:, None, :]
        _pick(w, "Y", each.reshape(w.n, CELLS))

    return PictureModel("picture given a picture", seed, "C -> X -> Y; C -> Y", unfold, ("C", "Y"), {"X": 2})


def _front_door(seed: int) -> PictureModel:
    """The mediator is a picture, the outcome a category that shares a hidden cause with the treatment."""
    rng = np.random.default_rng((17, 33, seed))
    to_x, to_m, to_y = 2 * _chances(rng, 2, 2), _chances(rng, 2, CELLS), _chances(rng, 2, CELLS, 3)

    def unfold(w: World) -> None:
        u = w.rng.integers(0, 2, w.n)
        x = _pick(w, "X", to_x[u])
        m = _pick(w, "M", to_m[x])
        _pick(w, "Y", to_y[u, m])

    return PictureModel("picture between", seed, "X -> M -> Y; X <-> Y", unfold, ("M",), {"X": 2, "Y": 3})


def _napkin(seed: int) -> PictureModel:
    """Pearl's napkin, W1 and Y pictures: the colors tell the hidden causes."""
    rng = np.random.default_rng((17, 34, seed))
    to_w1, to_x, to_y = 2 * _chances(rng, 2, 2, CELLS), _chances(rng, 2, 2, 2), _chances(rng, 2, 2, CELLS)
    told = (to_w1[:, 1] - to_w1[:, 0]).mean(0)  # what W1 tells of v goes on to W2 and X: P(y | x) is off
    to_w2 = np.stack([-0.5 * told, 0.5 * told], 1)
    to_x += np.array([[1.0, -1.0], [-1.0, 1.0]])
    to_y[1] = to_y[0, :, ::-1]

    def unfold(w: World) -> None:
        u, v = w.rng.integers(0, 2, (2, w.n))
        w1 = _pick(w, "W1", to_w1[u, v])
        w2 = _pick(w, "W2", to_w2[w1])
        x = _pick(w, "X", to_x[u, w2])
        _pick(w, "Y", to_y[v, x])

    graph = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
    return PictureModel("napkin of pictures", seed, graph, unfold, ("W1", "Y"), {"W2": 2, "X": 2})

"""A structural model with hidden causes as a function that draws: in nature, with values set, with values held.

Setting X replaces its equation by a value. Holding Z at z, which is how P(y | do(x), z) is simulated, sets it too and
weighs each draw by the density of z in Z's own equation (likelihood weighting, which is exact as draws grow many).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

import idgen_compiler as idgen
from tests.referee.case import Ask, Case

__all__ = ["Array", "Curve", "Model", "World", "curve", "logistic"]

Array = NDArray[Any]
Curve = Callable[[Array], Array]

TRUTH = 400_000
"""Draws of the truth at each place that is asked."""

DRAWS = 50_000
"""Samples that a tool is asked for at each place."""


@dataclass
class World:
    """One draw of n units; columns in the order in which they came about."""

    rng: np.random.Generator
    n: int
    do: Mapping[str, float] = field(default_factory=dict)
    held: Mapping[str, float] = field(default_factory=dict)
    columns: dict[str, Array] = field(default_factory=dict)
    log_weight: Array | float = 0.0

    def normal(self, *size: int) -> Array:
        return self.rng.standard_normal((*size, self.n))

    def put(self, name: str, values: Array) -> Array:
        """A variable by its equation, or what it is set to."""
        if name in self.do:
            values = np.full(self.n, self.do[name], dtype=values.dtype)
        self.columns[name] = values
        return values

    def coin(self, name: str, chance: Array) -> Array:
        """A variable of 0 and 1."""
        return self.put(name, (self.rng.random(self.n) < chance).astype(np.int64))

    def levels(self, name: str, scores: Array) -> Array:
        """A variable of categories by scores on the scale of log-odds.  Shape: (levels, n) -> (n,)."""
        return self.put(name, (scores + self.rng.gumbel(size=scores.shape)).argmax(0))

    def around(self, name: str, mean: Array, sd: Array | float) -> Array:
        """A variable with normal noise; one that is held weighs the draws."""
        if name in self.held:
            off = (self.held[name] - mean) / sd
            self.log_weight = self.log_weight - off**2 / 2 - np.log(sd)
            return self.put(name, np.full(self.n, self.held[name]))
        return self.put(name, mean + sd * self.normal())


@dataclass(frozen=True, eq=False)
class Model:
    """A kind's model with the parameters of one seed.

    unfold: fills a world.  levels: how many levels each column of categories has.  shares: the shares of X's
    distribution at which it is set, for a real-valued X; those of categories are set to each level.
    """

    kind: str
    seed: int
    graph: str
    query: str
    rows: int
    unfold: Callable[[World], None]
    levels: Mapping[str, int] = field(default_factory=dict)
    shares: tuple[float, ...] = (0.15, 0.5, 0.85)

    @property
    def name(self) -> str:
        return f"{self.kind} {self.seed}"

    def table(self) -> dict[str, Array]:
        """The rows that every tool sees."""
        world = World(np.random.default_rng((17, 1, self._stream)), self.rows)
        self.unfold(world)
        return world.columns

    @cached_property
    def case(self) -> Case:
        graph, query = idgen.ADMG.parse(self.graph), idgen.Query.parse(self.query)
        asks = self._asks(query)
        return Case(self.name, "real", self.kind, graph, query, self.levels, asks, (len(asks) - 1, 0), DRAWS, self.seed)

    @cached_property
    def truths(self) -> tuple[Array, ...]:
        """Draws of the outcome at each place that is asked, sorted.  Shape: (TRUTH,) each."""
        return tuple(self._truth(k, ask) for k, ask in enumerate(self.case.asks))

    def _truth(self, k: int, ask: Ask) -> Array:
        world = World(np.random.default_rng((17, 2, self._stream, k)), TRUTH, ask.do, ask.given)
        self.unfold(world)
        drawn = np.asarray(world.columns[self.case.query.outcomes[0]], dtype=float)
        if ask.given:
            weight = np.exp(world.log_weight - np.max(world.log_weight))
            places = (np.arange(TRUTH) + 0.5) / TRUTH * weight.sum()
            drawn = drawn[np.searchsorted(weight.cumsum(), places)]
        return np.sort(drawn)

    def experiment(self, k: int) -> Array:
        """As many outcomes as the table has rows, with the treatments set: what an experiment would show."""
        world = World(np.random.default_rng((17, 4, self._stream, k)), self.rows, self.case.asks[k].do)
        self.unfold(world)
        return np.asarray(world.columns[self.case.query.outcomes[0]], dtype=float)

    @property
    def _stream(self) -> int:
        return crc32(self.name.encode())

    def _asks(self, query: idgen.Query) -> tuple[Ask, ...]:
        world = World(np.random.default_rng((17, 3, self._stream)), 100_000)
        self.unfold(world)
        given = {z: round(float(np.quantile(world.columns[z], 0.7)), 3) for z in query.conditions}

        def at(place: float) -> dict[str, float]:
            return {x: self._value(x, world.columns[x], place) for x in query.treatments}

        counts = {self.levels.get(x, 0) for x in query.treatments}
        places = self.shares if 0 in counts else tuple(np.linspace(0, 1, max(counts)))
        return tuple(Ask(at(place), given) for place in places)

    def _value(self, name: str, column: Array, place: float) -> float:
        if name in self.levels:
            return round(place * (self.levels[name] - 1))
        return round(float(np.quantile(column, place)), 3)


def logistic(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def curve(rng: np.random.Generator, strength: float = 1.0) -> Curve:
    """A random smooth function of one variable that does not run away: a line, a wave and a bend."""
    slope, wave, bend = rng.uniform(-0.6, 0.6), rng.uniform(0.3, 0.9), rng.uniform(-0.25, 0.25)
    speed, shift = rng.uniform(0.8, 1.8), rng.uniform(-1.5, 1.5)

    def value(v: Array) -> Array:
        return np.asarray(strength * (slope * v + wave * np.sin(speed * v + shift) + bend * np.minimum(v**2, 9.0)))

    return value

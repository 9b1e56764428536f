"""Tables drawn from random structural models on four graphs, of categories or of numbers and categories."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.data.arrays import Array

__all__ = ["GRAPHS", "Case", "Shape", "drawn"]


@dataclass(frozen=True)
class Shape:
    """A graph, a query, the columns that are binary even among numbers, and where rows may lack overlap."""

    graph: str
    binary: tuple[str, ...]
    overlap: tuple[str, str]  #: a vertex, and what it becomes a function of where there is none
    query: str = "P(Y | do(X))"


GRAPHS: dict[str, Shape] = {
    "back-door": Shape("W1 -> X -> Y; W1 -> Y; W2 -> Y", ("X",), ("X", "W1")),
    "front-door": Shape("Z -> X -> M -> Y; X <-> Y", ("X",), ("M", "X")),
    "napkin": Shape("W1 -> W2 -> X -> Y; X <-> W1 <-> Y", ("W2",), ("W2", "W1")),
    "mediation": Shape("W -> X -> M -> Y; X -> Y; W -> Y", ("X",), ("X", "W")),
}


@dataclass(frozen=True)
class Case:
    """A fit that is to be made."""

    name: str
    numeric: bool
    graph: idgen.ADMG
    data: Mapping[str, Array]
    query: str
    options: Mapping[str, object] = field(default_factory=dict)
    spoilt: str = ""  #: the column, edge or option


def drawn(name: str, numeric: bool, rows: int, seed: int, overlap: bool = True, bent: bool = False) -> Case:
    """A table of a random model on a graph.

    Numbers are smooth, bent functions of their causes and noise; categories have two or three labels with odds that
    their causes move. Every arrow matters: effects are between .35 and 1.3 deviations. Without overlap one vertex is a
    function of another. Where they are bent, arrows among numbers are waves that only trained networks follow.
    """
    shape = GRAPHS[name]
    graph = idgen.ADMG.parse(shape.graph)
    laws, rng = np.random.default_rng((seed, 0)), np.random.default_rng((seed, rows))
    hidden = {edge: rng.normal(size=rows) for edge in graph.bidirected}
    values: dict[str, Array] = {}
    for vertex in graph.order:
        causes = [values[parent] for parent in sorted(graph.parents([vertex]))]
        causes += [hidden[edge] for edge in graph.bidirected if vertex in edge]
        size = (0.35, 0.55) if vertex == shape.overlap[0] else (0.7, 1.3)  # every value meets every other
        score = sum((_effect(laws, size, bent)(cause) for cause in causes), np.zeros(rows))
        binary = vertex in shape.binary
        if not overlap and vertex == shape.overlap[0]:
            values[vertex] = _determined(values[shape.overlap[1]], numeric and not binary, rng)
        elif numeric and not binary:
            values[vertex] = score + (0.9 if vertex == shape.overlap[0] else laws.uniform(0.6, 0.9)) * _noise(
                int(laws.integers(3)), rng, rows
            )
        else:
            labels = 2 if binary or laws.random() < 0.5 else 3
            values[vertex] = _labels(score, labels, rng)
    return Case(name, numeric, graph, values, shape.query)


def _effect(rng: np.random.Generator, sizes: tuple[float, float], bent: bool) -> Callable[[Array], Array]:
    size = rng.choice([-1, 1]) * rng.uniform(*sizes)
    bend = rng.uniform(0.0, 1.0)
    waves = rng.uniform(2.5, 3.5)

    def of(cause: Array) -> Array:
        own = (cause - cause.mean()) / (cause.std() or 1.0)
        if len(np.unique(cause)) < 5:
            return size * own
        if bent:
            return 1.3 * size * np.sin(waves * own)
        return size * ((1 - bend) * own + bend * np.sin(2 * own) * 1.2)

    return of


def _noise(kind: int, rng: np.random.Generator, rows: int) -> Array:
    if kind == 0:
        return rng.normal(size=rows)
    return rng.gamma(3.0, size=rows) / 3**0.5 - 3**0.5 if kind == 1 else rng.uniform(-1.7, 1.7, size=rows)


def _labels(score: Array, labels: int, rng: np.random.Generator) -> Array:
    ends = np.linspace(-0.7, 0.7, labels + 1)[1:-1]
    return (score + 0.6 * rng.logistic(size=len(score)) > ends[:, None]).sum(0)


def _determined(cause: Array, number: bool, rng: np.random.Generator) -> Array:
    own = (cause - cause.mean()) / (cause.std() or 1.0)
    if number:
        return own + 0.02 * rng.normal(size=len(own))
    return (own > 0).astype(np.int64)

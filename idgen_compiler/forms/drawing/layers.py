"""Layered drawing of a directed acyclic graph: which layer, and which place in it, each vertex gets."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

__all__ = ["layers_of", "ordered"]

V = TypeVar("V", bound=Hashable)


def layers_of(vertices: Sequence[V], edges: Sequence[tuple[V, V]]) -> dict[V, int]:
    """The length of the longest path into each vertex; `vertices` are in topological order."""
    layer = dict.fromkeys(vertices, 0)
    for vertex in vertices:
        layer[vertex] = max((layer[tail] + 1 for tail, head in edges if head == vertex), default=0)
    return layer


def ordered(layer: Mapping[V, int], edges: Sequence[tuple[V, V]], rounds: int = 8) -> list[list[V]]:
    """The vertices of each layer, so ordered that neighbors stand near each other.

    The barycenter heuristic: every vertex moves to the mean place of its neighbors, downwards and upwards in turn.
    Source: Sugiyama, Tagawa and Toda (1981), section IV.
    """
    rows: list[list[V]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for vertex, k in layer.items():
        rows[k].append(vertex)
    neighbors: dict[V, list[V]] = {vertex: [] for vertex in layer}
    for tail, head in edges:
        neighbors[tail].append(head)
        neighbors[head].append(tail)
    place = {vertex: k - (len(row) - 1) / 2 for row in rows for k, vertex in enumerate(row)}
    for turn in range(rounds):
        for k in range(len(rows)) if turn % 2 == 0 else reversed(range(len(rows))):
            wish = {v: _mean([place[n] for n in neighbors[v]], place[v]) for v in rows[k]}
            rows[k].sort(key=wish.__getitem__)
            place.update({v: j - (len(rows[k]) - 1) / 2 for j, v in enumerate(rows[k])})
    return rows


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise

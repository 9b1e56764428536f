"""Open paths: the reason why two sets of vertices are not m-separated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.mixed import MixedGraph

__all__ = ["open_path"]

State = tuple[int, bool]  # a vertex, and whether the path came in through an arrowhead


def open_path(graph: MixedGraph, start: int, to: int, given: int, *, entered: int = 0) -> tuple[str, ...]:
    """A shortest path from `start` to `to` that `given` leaves open: vertices and edges in turn; empty without one.

    ("X", "<->", "W", "->", "Y"). The sets are disjoint bitsets. `entered` are vertices where a path comes in through
    an arrowhead from outside, as from a variable that says whether the vertex was set: ("do(X)", "->", "X", ...).
    """
    opened = graph.ancestors_mask(given)
    before: dict[State, tuple[State | None, str]] = {(i, False): (None, "") for i in bits(start)}
    before |= {(i, True): (None, "->") for i in bits(entered)}
    queue = deque(before)
    while queue:
        state = queue.popleft()
        if to >> state[0] & 1:
            return _unwound(graph, before, state)
        for edge, after in _steps(graph, state, given, opened):
            if after not in before:
                before[after] = (state, edge)
                queue.append(after)
    return ()


def _steps(graph: MixedGraph, state: State, given: int, opened: int) -> Iterator[tuple[str, State]]:
    i, into = state
    known = bool(given >> i & 1)
    if not known:
        yield from (("->", (c, True)) for c in bits(graph.children_of_bit(i)))
    if (opened >> i & 1) if into else not known:  # a collider passes when it is opened, another vertex when not given
        yield from (("<-", (p, False)) for p in bits(graph.parents_of_bit(i)))
        yield from (("<->", (s, True)) for s in bits(graph.siblings_of_bit(i)))


def _unwound(graph: MixedGraph, before: dict[State, tuple[State | None, str]], end: State) -> tuple[str, ...]:
    found: list[str] = []
    state: State | None = end
    while state is not None:
        (name,) = graph.names(1 << state[0])
        previous, edge = before[state]
        found += [name, edge] if edge else [name]
        state = previous
    if len(found) % 2 == 0:  # it came in from outside
        found.append(f"do({found[-2]})")
    return tuple(reversed(found))

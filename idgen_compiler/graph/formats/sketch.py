"""Graphs as drawings in plain text: vertices from top to bottom in topological order, edges as arcs beside them.

Directed edges stand on the right and point downwards, bidirected ones on the left with two heads. The napkin:

    ┌▸┬▸ W1 ─┐
    ┆ ┆  W2 ◂┴─┐
    ┆ └▸ X  ─┬◂┘
    └▸── Y  ◂┘
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from idgen_compiler.graph.edges import Edge, EdgeList
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["SKETCH", "print_sketch"]

Arc = tuple[int, int]  # the rows of its ends, the upper one first


def print_sketch(graph: EdgeList, labels: Mapping[str, str] | None = None) -> str:
    """A drawing of a graph, one line for each vertex; `labels` are shown in the place of names."""
    shown = [(labels or {}).get(name, name) for name in graph.nodes]
    width = max(map(len, shown), default=0)
    right, left = _columns(graph, graph.directed), _columns(graph, graph.bidirected)
    lines = []
    for row, label in enumerate(shown):
        before = "".join(reversed([_left(column, row, left[k + 1 :]) for k, column in enumerate(left)]))
        after = "".join(_right(column, row, right[k + 1 :]) for k, column in enumerate(right))
        lines.append(f"{before} {label.ljust(width)} {after}".rstrip())
    return "\n".join(lines)


def _columns(graph: EdgeList, edges: Sequence[Edge]) -> list[list[Arc]]:
    """The arcs, short ones nearest to the names; arcs that share no row share a column."""
    row = {name: k for k, name in enumerate(graph.nodes)}
    arcs = sorted(((row[a], row[b]) for a, b in edges), key=lambda arc: (arc[1] - arc[0], arc))
    columns: list[list[Arc]] = []
    for arc in arcs:
        for column in columns:
            if all(arc[0] > other[1] or arc[1] < other[0] for other in column):
                column.append(arc)
                break
        else:
            columns.append([arc])
    return columns


def _at(column: Sequence[Arc], row: int) -> str:
    """How a column meets a row: an upper end, a lower end, a line that passes, or not at all."""
    for top, bottom in column:
        if row == top:
            return "top"
        if row == bottom:
            return "bottom"
        if top < row < bottom:
            return "passing"
    return ""


def _run(beyond: Sequence[Sequence[Arc]], row: int) -> bool:
    """Whether an arc ends at this row in a column further from the names, so that a line runs through this one."""
    return any(_at(column, row) in ("top", "bottom") for column in beyond)


def _right(column: Sequence[Arc], row: int, beyond: Sequence[Sequence[Arc]]) -> str:
    runs = _run(beyond, row)
    match _at(column, row):
        case "top":
            return "─┬" if runs else "─┐"
        case "bottom":
            return "◂┴" if runs else "◂┘"
        case "passing":
            return "─┼" if runs else " │"
    return "──" if runs else "  "


def _left(column: Sequence[Arc], row: int, beyond: Sequence[Sequence[Arc]]) -> str:
    runs = _run(beyond, row)
    match _at(column, row):
        case "top":
            return "┬▸" if runs else "┌▸"
        case "bottom":
            return "┴▸" if runs else "└▸"
        case "passing":
            return "┼─" if runs else "┆ "
    return "──" if runs else "  "


SKETCH = register(Format("sketch", writer=print_sketch))

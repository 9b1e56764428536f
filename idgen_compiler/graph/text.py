"""The text form of a graph: `W1 -> W2 -> X -> Y; X <-> W1 <-> Y`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.names import NAME

if TYPE_CHECKING:
    from idgen_compiler.graph.admg import ADMG

__all__ = ["parse_edges", "print_graph"]

_TOKEN = re.compile(rf"\s*(?:(?P<name>{NAME})|(?P<arrow><->|->|<-)|(?P<comma>,))")


def parse_edges(text: str) -> tuple[list[str], list[tuple[str, str]], list[tuple[str, str]]]:
    """The vertices in order of appearance, the directed and the bidirected edges of a text.

    A statement is a chain such as `A -> B <-> C <- D`, whose places may be lists (`A, B -> C`), or lone names.
    Statements end at `;` or at a line's end; `#` starts a comment.

    Raises GraphError with line, column and the offending text.
    """
    nodes: dict[str, None] = {}
    directed: list[tuple[str, str]] = []
    bidirected: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines() or [""], start=1):
        code, start = line.partition("#")[0], 0
        for statement in code.split(";"):
            _statement(statement, number, start, nodes, directed, bidirected)
            start += len(statement) + 1
    return list(nodes), directed, bidirected


def _statement(
    text: str,
    line: int,
    offset: int,
    nodes: dict[str, None],
    directed: list[tuple[str, str]],
    bidirected: list[tuple[str, str]],
) -> None:
    left: list[str] = []  # the list of names before the last arrow
    group: list[str] = []  # the list being read
    arrow, want_name, place = "", True, 0
    if not text.strip():
        return
    while text[place:].strip():
        token = _TOKEN.match(text, place)
        if token is None:
            at = place + len(text[place:]) - len(text[place:].lstrip())
            raise _error(text, line, offset, at, "expected a name or one of ->, <-, <->")
        begin, place = token.start(token.lastgroup or 0), token.end()
        if name := token["name"]:
            if not want_name:
                raise _error(text, line, offset, begin, "two names without an arrow or comma between them")
            nodes[name] = None
            group.append(name)
            want_name = False
            continue
        if want_name:
            raise _error(text, line, offset, begin, f"expected a name before {token[0].strip()!r}")
        want_name = True
        if token["arrow"]:
            _join(left, arrow, group, directed, bidirected)
            left, group, arrow = group, [], token["arrow"]
    if want_name:
        raise _error(text, line, offset, len(text.rstrip()), "expected a name after this")
    _join(left, arrow, group, directed, bidirected)


def _join(
    left: list[str], arrow: str, right: list[str], directed: list[tuple[str, str]], bidirected: list[tuple[str, str]]
) -> None:
    pairs = [(a, b) for a in left for b in right]
    if arrow == "->":
        directed.extend(pairs)
    elif arrow == "<-":
        directed.extend((b, a) for a, b in pairs)
    elif arrow == "<->":
        bidirected.extend(pairs)


def _error(text: str, line: int, offset: int, at: int, message: str) -> GraphError:
    return GraphError(f"graph, line {line}, column {offset + at + 1}: {message}\n  {text}\n  {' ' * at}^")


def print_graph(graph: ADMG) -> str:
    """The text form, one edge a line, after a line of lone names where the edges alone would lose any or the order."""
    edges = [f"{a} -> {b}" for a, b in graph.directed] + [f"{a} <-> {b}" for a, b in graph.bidirected]
    appearing = tuple(dict.fromkeys(name for edge in (*graph.directed, *graph.bidirected) for name in edge))
    return "\n".join(edges if appearing == graph.order else ["; ".join(graph.order), *edges])

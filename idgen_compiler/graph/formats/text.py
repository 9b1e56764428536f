"""The text form of a graph: `W1 -> W2 -> X -> Y; X <-> W1 <-> Y`."""

from __future__ import annotations

import re

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register
from idgen_compiler.graph.names import NAME

__all__ = ["TEXT", "parse_text", "print_text"]

_TOKEN = re.compile(rf"\s*(?:(?P<name>{NAME})|(?P<arrow><->|->|<-)|(?P<comma>,))")


def parse_text(text: str) -> EdgeList:
    """The graph of a text.

    A statement is a chain such as `A -> B <-> C <- D`, whose places may be lists (`A, B -> C`), or lone names.
    Statements end at `;` or at a line's end; `#` starts a comment.

    Raises GraphError with line, column and the offending text.

    >>> parse_text("A, B -> C; A <-> B  # two causes").directed
    (('A', 'C'), ('B', 'C'))
    """
    if not isinstance(text, str):
        raise GraphError(f"a graph is read from a text such as 'X -> Y; X <-> Y', not from {text!r:.80}")
    draft = Draft()
    for number, line in enumerate(text.splitlines() or [""], start=1):
        code, start = line.partition("#")[0], 0
        for statement in code.split(";"):
            if statement.strip():
                _read_statement(draft, statement, number, start)
            start += len(statement) + 1
    return draft.edge_list()


def _read_statement(draft: Draft, text: str, line: int, start: int) -> None:
    """Add one statement, which begins at a place of a line."""
    left: list[str] = []  # the list of names before the last arrow
    group: list[str] = []  # the list being read
    arrow, want_name, place = "", True, 0
    while token := _TOKEN.match(text, place):
        begin, place = token.start(token.lastgroup or 0), token.end()
        if name := token["name"]:
            if not want_name:
                raise _error(text, line, start, begin, "two names without an arrow or comma between them")
            draft.nodes[name] = None
            group.append(name)
            want_name = False
            continue
        if want_name:
            raise _error(text, line, start, begin, f"expected a name before {token[0].strip()!r}")
        want_name = True
        if token["arrow"]:
            draft.join(left, arrow, group)
            left, group, arrow = group, [], token["arrow"]
    if rest := text[place:].lstrip():
        raise _error(text, line, start, len(text) - len(rest), "expected a name or one of ->, <-, <->")
    if want_name:
        raise _error(text, line, start, len(text.rstrip()), "expected a name after this")
    draft.join(left, arrow, group)


def _error(text: str, line: int, start: int, at: int, message: str) -> GraphError:
    return GraphError(f"graph, line {line}, column {start + at + 1}: {message}\n  {text}\n  {' ' * at}^")


def print_text(graph: EdgeList) -> str:
    r"""The text form, one edge a line, after a line of lone names where the edges alone would lose any or the order.

    >>> print_text(EdgeList(("X", "Y", "Z"), (("X", "Y"),), ()))
    'X; Y; Z\nX -> Y'
    """
    edges = [f"{a} -> {b}" for a, b in graph.directed] + [f"{a} <-> {b}" for a, b in graph.bidirected]
    appearing = tuple(dict.fromkeys(name for edge in (*graph.directed, *graph.bidirected) for name in edge))
    return "\n".join(edges if appearing == graph.nodes else ["; ".join(graph.nodes), *edges])


TEXT = register(Format("text", parse_text, print_text, suffixes=(".graph", ".txt")))

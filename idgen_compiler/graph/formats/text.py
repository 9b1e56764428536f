"""The text form of a graph: `W1 -> W2 -> X -> Y; X <-> W1 <-> Y`."""

from __future__ import annotations

import re
from itertools import combinations

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.edges import Edge, EdgeList
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register
from idgen_compiler.graph.names import NAME

__all__ = ["TEXT", "parse_text", "print_text"]

_TOKEN = re.compile(rf"\s*(?:(?P<name>{NAME})|(?P<arrow><->|->|<-)|(?P<comma>,))")

_RELATED = re.compile(r"\s*<->")

LISTED = 4
"""From so many names on, all related to each other, they are written as a list."""


def parse_text(text: str) -> EdgeList:
    """The graph of a text.

    A statement is a chain such as `A -> B <-> C <- D`, whose places may be lists (`A, B -> C`), or lone names.
    One that begins with `<->` relates all names of a list to each other (`<-> A, B, C`: a hidden cause for each pair).
    Statements end at `;` or at a line's end; `#` starts a comment.

    Raises GraphError with line, column and the offending text.

    >>> parse_text("A, B -> C; A <-> B  # two causes").directed
    (('A', 'C'), ('B', 'C'))
    >>> parse_text("<-> A, B, C").bidirected
    (('A', 'B'), ('A', 'C'), ('B', 'C'))
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
    related = _RELATED.match(text)
    arrow, want_name, place = "", True, related.end() if related else 0
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
            if related:
                raise _error(text, line, start, begin, "a list that begins with <-> has no further arrow; end it by ;")
            draft.join(left, arrow, group)
            left, group, arrow = group, [], token["arrow"]
    if rest := text[place:].lstrip():
        raise _error(text, line, start, len(text) - len(rest), "expected a name or one of ->, <-, <->")
    if want_name:
        raise _error(text, line, start, len(text.rstrip()), "expected a name after this")
    if related and len(group) < 2:
        raise _error(text, line, start, len(text.rstrip()), "expected a list after <->, such as <-> A, B, C")
    if related:
        draft.bidirected += combinations(group, 2)
    else:
        draft.join(left, arrow, group)


def _error(text: str, line: int, start: int, at: int, message: str) -> GraphError:
    return GraphError(f"graph, line {line}, column {start + at + 1}: {message}\n  {text}\n  {' ' * at}^")


def print_text(graph: EdgeList) -> str:
    r"""The text form, one edge a line, after a line of lone names where the edges alone would lose any or the order.

    >>> print_text(EdgeList(("X", "Y", "Z"), (("X", "Y"),), ()))
    'X; Y; Z\nX -> Y'
    """
    related, pairs = _related(graph)
    edges = [f"{a} -> {b}" for a, b in graph.directed]
    edges += [f"<-> {', '.join(names)}" for names in related] + [f"{a} <-> {b}" for a, b in pairs]
    lists = (*graph.directed, *related, *pairs)
    appearing = tuple(dict.fromkeys(name for names in lists for name in names))
    return "\n".join(edges if appearing == graph.nodes else ["; ".join(graph.nodes), *edges])


def _related(graph: EdgeList) -> tuple[list[tuple[str, ...]], list[Edge]]:
    """Lists of at least so many names that are all related to each other, and the bidirected edges beside them.

    A list is grown along the order of the vertices, and no edge stands in two.
    """
    place = {name: number for number, name in enumerate(graph.nodes)}
    later: dict[str, set[str]] = {name: set() for name in graph.nodes}  # the related ones, as far as not in a list
    for a, b in graph.bidirected:
        first, last = sorted((a, b), key=place.__getitem__)
        later[first].add(last)
    lists = []
    for name in graph.nodes:
        names = [name]
        for other in sorted(later[name], key=place.__getitem__) if len(later[name]) >= LISTED - 1 else ():
            if all(other in later[one] for one in names):
                names.append(other)
        if len(names) >= LISTED:
            lists.append(tuple(names))
            for one in names:
                later[one].difference_update(names)
    return lists, [(a, b) for a, b in graph.bidirected if b in later[a] or a in later[b]]


TEXT = register(Format("text", parse_text, print_text, suffixes=(".graph", ".txt")))

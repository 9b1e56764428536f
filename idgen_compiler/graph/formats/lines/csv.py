"""Edge lists as CSV: a row for each edge, `from,to` or with its kind in a third column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.arrows import ARROW, direction_of, why_refused
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["CSV", "parse_csv"]

_FROM = ("from", "source", "cause", "parent", "tail", "src", "start", "node1")
_TO = ("to", "target", "effect", "child", "head", "dst", "dest", "end", "node2")
_KIND = ("type", "kind", "edge", "edge_type", "edgetype", "arrow", "direction")
_DIRECTED = frozenset({"", "directed", "direct", "causal", "cause", "causes", "d"})
_BIDIRECTED = frozenset({"bidirected", "bi-directed", "confounded", "confounding", "confounder", "latent", "hidden"})
# A line of the text form: names around an arrow.
_CHAIN = r"(?![^\n]*[^\s,;|][^\S\n]{0,9}(?:<?-{1,3}>|<-{1,3})[^\S\n]{0,9}[^\s,;|\"'])"
_CELL = r"(?=(?:[^\n]*[,;\t|])?[^\S\n]*[\"']?(?:{})[\"']?[^\S\n]*[,;\t|\n])"
_HEADER = (
    rf"{_CHAIN}{_CELL.format('|'.join(_FROM))}{_CELL.format('|'.join(_TO))}[^\n]*\n(?:\s*\n)?{_CHAIN}[^\n]*[,;\t|]"
)


def parse_csv(text: str) -> EdgeList:
    r"""The graph of a list of edges, split by commas, semicolons or tabs.

    A first line that names its columns (from and to, source and target, cause and effect, parent and child) is a
    header, in which other columns are left aside; without one, the first two columns are cause and effect. A column
    called type (the third one without a header) says of an edge that it is `directed` or `->`, or `bidirected` or
    `<->`. A row with one name is a vertex without edges. Two rows `<->` in both directions are one edge.

    Raises GraphError with the line for what is no edge, and for uncertain and undirected ones.

    >>> parse_csv("from,to\nX,M\nM,Y").directed
    (('X', 'M'), ('M', 'Y'))
    >>> parse_csv("X,M,->\nX,Y,<->").bidirected
    (('X', 'Y'),)
    """
    if not isinstance(text, str):
        raise GraphError(f"an edge list is read from a text, not from {text!r:.80}")
    import csv

    lines = ["" if line.startswith("#") else line for line in text.splitlines()]
    first = next((line for line in lines if line.strip()), "")
    mark = max(",;\t|", key=first.count)
    draft, places, pairs = Draft(), [0, 1, 2], dict[tuple[str, str], None]()
    try:
        rows = [(number, [cell.strip() for cell in row]) for number, row in _rows(csv.reader(lines, delimiter=mark))]
    except csv.Error as error:
        raise GraphError(f"the edge list is no CSV: {error}") from None
    if rows and (found := _columns(rows[0][1])):
        places = found
        rows = rows[1:]
    for number, cells in rows:
        a, b, kind = (cells[place] if 0 <= place < len(cells) else "" for place in places)
        if not a and not b:
            raise GraphError(f"edge list, line {number}: a row without names; write a cause and an effect")
        if not (a and b) and re.search(r"->|<-", a or b):
            raise GraphError(
                f"edge list, line {number}: {(a or b)!r:.80} is no row; write X,Y or name the format 'text'"
            )
        draft.add(filter(None, (a, b)))
        if a and b:
            arrow = _arrow(kind, a, b, number)
            if arrow == "<->":
                pairs[min(a, b), max(a, b)] = None
            else:
                draft.join([a], arrow, [b])
    draft.bidirected = list(pairs)
    return draft.edge_list()


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each row that is not empty."""
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _columns(header: Sequence[str]) -> list[int]:
    """The places of cause, effect and kind (-1 where there is none); nothing where the row is no header."""
    names = [cell.lower() for cell in header]
    places = [next((names.index(name) for name in known if name in names), -1) for known in (_FROM, _TO, _KIND)]
    return places if min(places[:2]) >= 0 else []


def _arrow(kind: str, a: str, b: str, number: int) -> str:
    word = kind.lower()
    if word in _DIRECTED:
        return "->"
    if word in _BIDIRECTED:
        return "<->"
    if re.fullmatch(ARROW, kind):
        return direction_of(kind)
    if word == "undirected":
        kind = "--"
    if re.fullmatch(r"[<o@x]?-+[>o@x]?", kind):
        raise GraphError(f"edge list, line {number}: {why_refused(kind, a, b)}")
    raise GraphError(
        f"edge list, line {number}: {kind!r:.40} is no kind of edge; write directed or ->, or bidirected or <->"
    )


CSV = register(Format("csv", parse_csv, start=_HEADER, suffixes=(".csv", ".tsv")))

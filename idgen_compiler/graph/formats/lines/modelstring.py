"""bnlearn's model strings: `[A][S][T|A][L|S][Y|L:T]`, each vertex with its parents."""

from __future__ import annotations

import re

from idgen_compiler.errors import GraphError
from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["MODELSTRING", "parse_modelstring"]

_NODE = re.compile(r"\s*\[(?P<child>[^\[\]|:]+)(?:\|(?P<parents>[^\[\]|]+))?\]\s*")


def parse_modelstring(text: str) -> EdgeList:
    """The graph of a model string of bnlearn.  Raises GraphError with the place of what cannot be read.

    >>> parse_modelstring("[X][M|X][Y|M:X]").directed
    (('X', 'M'), ('M', 'Y'), ('X', 'Y'))
    """
    if not isinstance(text, str):
        raise GraphError(f"a model string is read from a text, not from {text!r:.80}")
    draft, place = Draft(), 0
    while place < len(text):
        node = _NODE.match(text, place)
        if node is None:
            raise GraphError(
                f"model string, column {place + 1}: {text[place : place + 40]!r} is no vertex such as [Y|X:Z], with "
                "its parents after a bar; a list of vertices is written {X, Y} -> Z"
            )
        parents = [name.strip() for name in (node["parents"] or "").split(":") if name.strip()]
        draft.add([node["child"].strip()])
        draft.add(parents)
        draft.join(parents, "->", [node["child"].strip()])
        place = node.end()
    return draft.edge_list()


MODELSTRING = register(Format("modelstring", parse_modelstring, start=r"\[[^\[\],;\n]+\]\s*\["))

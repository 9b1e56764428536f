"""DAGitty's text form: `dag { X [exposure] U [latent] X -> Y X <-> Y }`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from idgen_compiler.graph.braces import Chain, Document, parse_braces, quote
from idgen_compiler.graph.edges import Edge
from idgen_compiler.graph.projection import LatentGraph

if TYPE_CHECKING:
    from idgen_compiler.graph.admg import ADMG

__all__ = ["parse_dagitty", "print_dagitty"]

_LANGUAGE = "DAGitty"
_HIDDEN = frozenset({"latent", "l", "unobserved", "u"})
_SELECTED = frozenset({"selected", "s"})
_OTHER_KINDS = {
    "mag": "in a MAG an edge X -> Y leaves room for a hidden common cause, which an ADMG's edge rules out",
    "pag": "a PAG stands for many graphs",
    "pdag": "a PDAG stands for many graphs",
}


def parse_dagitty(text: str) -> LatentGraph:
    """The graph of a DAGitty text; positions, exposures, outcomes and adjusted marks are read and left aside.

    Raises GraphError with the place for what cannot be read, for other kinds than `dag`, and for selected variables.
    """
    document = parse_braces(text, _LANGUAGE)
    _check_kind(document)
    nodes: dict[str, None] = {}
    directed: list[Edge] = []
    bidirected: list[Edge] = []
    hidden: set[str] = set()
    for chain in document.chains:
        names = [name for group in chain.groups for name in group]
        nodes.update(dict.fromkeys(names))
        if not chain.arrows:
            hidden |= _hidden(chain, names)
        for (left, right), (arrow, place) in zip(pairwise(chain.groups), chain.arrows, strict=True):
            pairs = [(a, b) for a in left for b in right]
            if arrow == "->":
                directed += pairs
            elif arrow == "<-":
                directed += [(b, a) for a, b in pairs]
            elif arrow == "<->":
                bidirected += pairs
            else:
                raise place.error(f"{arrow} is no edge of an ADMG; write ->, <- or <->")
    return LatentGraph(tuple(nodes), tuple(directed), tuple(bidirected), frozenset(hidden))


def _check_kind(document: Document) -> None:
    kind = document.words[0].lower() if document.words else ""
    if kind in _OTHER_KINDS:
        raise document.place.error(f"{_OTHER_KINDS[kind]}; give a `dag {{ ... }}`, with <-> for hidden common causes")
    if kind not in ("dag", "graph"):  # `graph` is the older word for a DAG
        raise document.place.error("a DAGitty graph starts with `dag {`")


def _hidden(chain: Chain, names: list[str]) -> set[str]:
    if _SELECTED & chain.attributes.keys():
        raise chain.place.error("data selected by a variable's value are no samples of P(V); drop [selected]")
    return set(names) if _HIDDEN & chain.attributes.keys() else set()


def print_dagitty(graph: ADMG) -> str:
    """A graph in DAGitty's text form, one vertex or edge a line.

    DAGitty has no mark for fixed vertices: a graph after an intervention is read back without its marks.
    """
    names = {name: quote(name) for name in graph.order}
    lines = [
        *names.values(),
        *(f"{names[a]} -> {names[b]}" for a, b in graph.directed),
        *(f"{names[a]} <-> {names[b]}" for a, b in graph.bidirected),
    ]
    return "\n".join(["dag {", *("  " + line for line in lines), "}"])

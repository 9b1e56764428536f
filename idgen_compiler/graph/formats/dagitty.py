"""DAGitty's text form: `dag { X [exposure] U [latent] X -> Y X <-> Y }`."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.arrows import why_refused
from idgen_compiler.graph.formats.braces import Document, EdgeChain, parse_braces, quote
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["DAGITTY", "parse_dagitty", "print_dagitty"]

_LANGUAGE = "DAGitty"
_START = r"(?:dag|pdag|mag|pag|graph)\b[^{;\n]*\{"
_HIDDEN = frozenset({"latent", "l", "unobserved", "u"})
_SELECTED = frozenset({"selected", "s"})
_OTHER_KINDS = {
    "mag": "in a MAG an edge X -> Y leaves room for a hidden common cause, which an ADMG's edge rules out",
    "pag": "a PAG stands for many graphs",
    "pdag": "a PDAG stands for many graphs",
}


def parse_dagitty(text: str) -> EdgeList:
    """The graph of a DAGitty text; positions, exposures, outcomes and adjusted marks are read and left aside.

    Raises GraphError with the place for what cannot be read, for other kinds than `dag`, and for selected variables.
    """
    document = parse_braces(text, _LANGUAGE)
    _check_kind(document)
    draft = Draft()
    for chain in document.chains:
        draft.add(chain.names)
        if not chain.arrows and _is_hidden(chain):
            draft.hidden.update(chain.names)
        for (left, right), (arrow, place) in zip(pairwise(chain.groups), chain.arrows, strict=True):
            if arrow == "--" and document.words[0].lower() == "graph":
                raise replace(place, language="DOT").error(
                    "graph { ... } has edges without arrows, which do not say which is the cause; write "
                    f"digraph {{ {' '.join(left[-1:])} -> {' '.join(right[:1])} }}"
                )
            if arrow not in ("->", "<-", "<->"):
                raise place.error(why_refused(arrow, *left[-1:], *right[:1]))
            draft.join(left, arrow, right)
    return draft.edge_list()


def _check_kind(document: Document) -> None:
    kind = document.words[0].lower() if document.words else ""
    if kind in _OTHER_KINDS:
        raise document.place.error(f"{_OTHER_KINDS[kind]}; give a `dag {{ ... }}`, with <-> for hidden common causes")
    if kind not in ("dag", "graph"):  # `graph` is the older word for a DAG
        raise document.place.error("a DAGitty graph starts with `dag {`")


def _is_hidden(chain: EdgeChain) -> bool:
    if _SELECTED & chain.attributes.keys():
        raise chain.place.error("data selected by a variable's value are no samples of P(V); drop [selected]")
    return not _HIDDEN.isdisjoint(chain.attributes)


def print_dagitty(graph: EdgeList) -> str:
    """A graph in DAGitty's text form, one vertex or edge a line.

    DAGitty has no mark for fixed vertices: a graph after an intervention is read back without its marks.
    """
    names = {name: quote(name) for name in graph.nodes}
    lines = [
        *(f"{shown} [latent]" if name in graph.hidden else shown for name, shown in names.items()),
        *(f"{names[a]} -> {names[b]}" for a, b in graph.directed),
        *(f"{names[a]} <-> {names[b]}" for a, b in graph.bidirected),
    ]
    return "\n".join(["dag {", *("  " + line for line in lines), "}"])


DAGITTY = register(Format("dagitty", parse_dagitty, print_dagitty, _START, (".dagitty",)))

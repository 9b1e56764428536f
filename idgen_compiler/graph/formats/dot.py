"""Graphs as DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.braces import EdgeChain, Position, parse_braces, quote
from idgen_compiler.graph.formats.draft import Draft
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["DOT", "parse_dot", "print_dot"]

_LANGUAGE = "DOT"
_START = r"(?:strict\s+(?:di)?graph|digraph)\b[^{;\n]*\{"
_YES = frozenset({"", "yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})
_DIRECTIONS = {"forward": "->", "back": "<-", "both": "<->"}


def parse_dot(text: str) -> EdgeList:
    """The graph of a DOT text.

    An edge is bidirected with `dir=both`, reversed with `dir=back`. A vertex is hidden with `latent`, `hidden` or
    `unobserved` (`=yes`, `true`, `1` or bare), or with `observed=no`; fixed with `fixed=yes`. Defaults
    (`edge [dir=both]`) count. A dashed edge between two observed vertices is drawn for a direct cause by some and for a
    hidden common cause by others, so it has to say `dir`.

    Raises GraphError with the place for what cannot be read, undirected graphs and edges, and dashed edges without
    `dir`.
    """
    document = parse_braces(text, _LANGUAGE)
    words = [word.lower() for word in document.words]
    if "digraph" not in words[:2]:
        what = "; a graph without arrows says nothing about causes" if "graph" in words[:2] else ""
        raise document.place.error(f"a directed graph starts with `digraph {{`{what}")
    draft = Draft()
    for chain in document.chains:
        draft.add(chain.names)
        if not chain.arrows:
            _mark(draft.hidden, chain.names, _is_hidden(chain))
            _mark(draft.fixed, chain.names, _flag(chain, "fixed"))
    for chain in document.chains:  # what is hidden is known by now, wherever it was said
        for (left, right), (arrow, place) in zip(pairwise(chain.groups), chain.arrows, strict=True):
            hidden_cause = not right or draft.hidden.issuperset(left)
            draft.join(left, _arrow(chain.attributes, arrow, place, dashed_is_plain=hidden_cause), right)
    if words[0] == "strict":  # where an edge counts once, however often it is written
        draft.directed = list(dict.fromkeys(draft.directed))
        draft.bidirected = list({(min(edge), max(edge)): edge for edge in draft.bidirected}.values())
    return draft.edge_list()


def _arrow(attributes: Mapping[str, str], arrow: str, place: Position, *, dashed_is_plain: bool) -> str:
    """The edge that is meant: ->, <- or <->."""
    if arrow != "->":
        raise place.error(f"{arrow} is no edge of a digraph; write ->, and [dir=both] for a hidden common cause")
    direction = attributes.get("dir", "").lower()
    if direction in _DIRECTIONS:
        return _DIRECTIONS[direction]
    if direction:
        raise place.error(f"dir={direction} has no meaning in an ADMG; use forward, back or both")
    if "dashed" in attributes.get("style", "") and not dashed_is_plain:
        raise place.error("a dashed edge may mean either kind; add dir=both (hidden common cause) or dir=forward")
    return "->"


def _is_hidden(chain: EdgeChain) -> bool | None:
    observed = _flag(chain, "observed")
    marks = [_flag(chain, key) for key in ("hidden", "latent", "unobserved")]
    known = [mark for mark in (*marks, None if observed is None else not observed) if mark is not None]
    return any(known) if known else None


def _flag(chain: EdgeChain, key: str) -> bool | None:
    value = chain.attributes.get(key)
    if value is None:
        return None
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    raise chain.place.error(f"{key}={value} is neither yes nor no")


def _mark(marked: set[str], names: list[str], state: bool | None) -> None:
    """Apply one statement's word on a property; a later statement overrules an earlier one."""
    if state is True:
        marked.update(names)
    elif state is False:
        marked.difference_update(names)


def print_dot(graph: EdgeList) -> str:
    """A graph as DOT: bidirected edges dashed with arrows at both ends, fixed vertices as boxes, hidden ones dotted."""
    names = {name: quote(name) for name in graph.nodes}
    lines = [names[name] + _marked(graph, name) for name in graph.nodes]
    lines += [f"{names[a]} -> {names[b]}" for a, b in graph.directed]
    lines += [f"{names[a]} -> {names[b]} [dir=both, style=dashed]" for a, b in graph.bidirected]
    return "\n".join(["digraph {", *(f"  {line};" for line in lines), "}"])


def _marked(graph: EdgeList, name: str) -> str:
    if name in graph.fixed:
        return " [shape=box, fixed=yes]"
    return " [style=dotted, hidden=yes]" if name in graph.hidden else ""


DOT = register(Format("dot", parse_dot, print_dot, _START, (".dot", ".gv")))

"""From a text in any language of graphs to a drawing: with the places, marks and questions that it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product
from math import dist

from idgen_compiler.errors import IdgenError
from idgen_compiler.forms.spelling import spelled_all
from idgen_compiler.graph.formats.braces import EdgeChain, parse_braces
from idgen_compiler.graph.read import read_edges
from idgen_compiler.studio.drawing import Drawing, Line

__all__ = ["read_drawing"]

_NEAR = 130.0
"""So many pixels lie between a vertex and the nearest other, where a text has places of its own."""

_EXPOSED, _OUTCOME = frozenset({"exposure", "e", "source"}), frozenset({"outcome", "o", "target"})
_KEPT = ("exposure", "outcome", "adjusted")
_LONG = {"e": "exposure", "source": "exposure", "o": "outcome", "target": "outcome", "a": "adjusted"}
_BRACES = re.compile(r"\s*(?:strict\s+)?(dag|graph|digraph)\b[^{;\n]*\{", re.IGNORECASE)


def read_drawing(text: str, format: str = "") -> Drawing:
    """The drawing of a text; exposures and outcomes that DAGitty marks are its question.

    Raises GraphError with the place of what cannot be read, and for what is read and is no graph with hidden causes.

    >>> read_drawing('dag { X [exposure,pos="0,0"] Y [outcome,pos="1,0"] X -> Y }').query
    'P(Y | do(X))'
    """
    drawn = Drawing.of(read_edges(text, format))
    drawn.graph()  # what is no ADMG is refused here, and not when the first answer is asked for
    chains = _chains(text)
    attributes = _attributes(chains)
    places = {name: place for name, own in attributes.items() if (place := _place(own.get("pos", "")))}
    points = tuple(
        replace(p, marks=tuple(mark for mark in _KEPT if mark in _marks(attributes.get(p.name, {}))))
        for p in drawn.points
    )
    exposed, outcomes = ([p.name for p in points if word in p.marks] for word in ("exposure", "outcome"))
    if exposed and outcomes:
        points = tuple(replace(p, marks=tuple(m for m in p.marks if m == "adjusted")) for p in points)
        drawn = replace(drawn, query=f"P({spelled_all(outcomes)} | do({spelled_all(exposed)}))")
    frame = re.search(r'^\s*bb\s*=\s*"([^"]*)"', text, re.MULTILINE)
    order = _order(chains)
    lines = tuple(sorted(drawn.lines, key=lambda line: order.get(line, 0)))
    drawn = replace(drawn, points=points, lines=lines, frame=frame[1] if frame else "")
    if _BRACES.match(text) and "digraph" in text[:40].lower():
        places = {name: (x, -y) for name, (x, y) in places.items()}  # Graphviz counts upwards
    return drawn.placed(places, _unit(places)) if places else drawn


def _chains(text: str) -> Sequence[EdgeChain]:
    """The statements of a text in one of the languages that have braces."""
    if not _BRACES.match(re.sub(r"/\*.*?\*/|//[^\n]*|#[^\n]*", "", text, flags=re.DOTALL)):
        return ()
    try:
        return parse_braces(text, "DAGitty").chains
    except IdgenError:
        return ()


def _order(chains: Sequence[EdgeChain]) -> Mapping[Line, int]:
    """Edge -> where it stands in the text."""
    found: dict[Line, int] = {}
    for chain in chains:
        for (left, right), (arrow, _) in zip(pairwise(chain.groups), chain.arrows, strict=True):
            both = arrow == "<->" or chain.attributes.get("dir") == "both"
            for a, b in product(left, right):
                for line in (Line(a, b, both), Line(b, a, both)):
                    found.setdefault(line, len(found))
    return found


def _attributes(chains: Sequence[EdgeChain]) -> Mapping[str, Mapping[str, str]]:
    """What is written beside vertices."""
    found: dict[str, dict[str, str]] = {}
    for chain in chains:
        if not chain.arrows:
            for name in chain.names:
                found.setdefault(name, {}).update(chain.attributes)
    return found


def _marks(attributes: Mapping[str, str]) -> set[str]:
    return {_LONG.get(word.lower(), word.lower()) for word in attributes}


def _place(written: str) -> tuple[float, float] | None:
    parts = re.fullmatch(r"\s*(-?[\d.]+(?:e-?\d+)?)\s*,\s*(-?[\d.]+(?:e-?\d+)?)!?\s*", written)
    try:
        return (float(parts[1]), float(parts[2])) if parts else None
    except ValueError:
        return None


def _unit(places: Mapping[str, tuple[float, float]]) -> float:
    """Pixels for a unit: so many that neighbors stand apart as on a page."""
    points = list(places.values())
    nearest = [min((dist(p, q) for q in points if q != p), default=0.0) for p in points]
    apart = sorted(gap for gap in nearest if gap > 0)
    return round(_NEAR / apart[len(apart) // 2], 6) if apart else 1.0

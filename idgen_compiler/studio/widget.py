"""The studio in a notebook: a widget that hands back the graph that somebody draws."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from idgen_compiler.errors import IdgenError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query
from idgen_compiler.studio.answers import answer
from idgen_compiler.studio.drawing import Drawing
from idgen_compiler.studio.reading import read_drawing

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise IdgenError("anywidget is not installed; pip install 'idgen-compiler[notebook]'") from error

__all__ = ["IdgenWidget"]

_PAGE = Path(__file__).parent / "page"
_IMPORT = re.compile(r"""(?P<before>\bfrom\s*|\bimport\s*\(?\s*)"\./(?P<name>[\w./-]+)\"""")


class IdgenWidget(anywidget.AnyWidget):
    """The studio on a graph: a drawing that is changed by hand or by assignment.

    `graph` is what is drawn, as an ADMG, hidden vertices projected out; `query` what is asked, or None. Both can be
    assigned. Raises GraphError where what is drawn is no graph, QueryError where what is typed is no query.

    >>> widget = IdgenWidget(ADMG.parse("X -> M -> Y; X <-> Y"), "P(Y | do(X))")
    >>> widget.query
    Query(outcomes=('Y',), treatments=('X',), conditions=(), settings=(), policies=())
    >>> widget.graph = "X -> Y"
    >>> widget.graph
    ADMG.parse('X -> Y')
    """

    drawing = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, graph: ADMG | str = "", query: Query | str = "", height: int = 560) -> None:
        super().__init__(drawing=_drawn(graph, str(query)).plain(), height=height)
        self.on_msg(self._answered)

    @property
    def graph(self) -> ADMG:
        """What is drawn."""
        return Drawing.read(self.drawing).graph()

    @graph.setter
    def graph(self, graph: ADMG | str) -> None:
        self.drawing = _drawn(graph, self.drawing.get("query", "")).plain()

    @property
    def query(self) -> Query | None:
        """What is asked."""
        return Drawing.read(self.drawing).asked()

    @query.setter
    def query(self, query: Query | str | None) -> None:
        self.drawing = {**self.drawing, "query": "" if query is None else str(query)}

    @traitlets.default("_esm")
    def _module(self) -> str:
        return module()

    @traitlets.default("_css")
    def _style(self) -> str:
        return (_PAGE / "studio.css").read_text("utf-8")

    def _answered(self, _: Any, content: Any, __: Any) -> None:
        self.send({"id": content.get("id"), "answer": answer(content.get("request"))})


def _drawn(graph: ADMG | str, query: str) -> Drawing:
    if isinstance(graph, ADMG):
        return Drawing.of(graph.edge_list(), query)
    if not graph.strip():
        return Drawing(query=query)
    found = read_drawing(graph)
    return Drawing(found.points, found.lines, query or found.query, found.unit, found.frame)


@cache
def module() -> str:
    """The page's modules as one, for where a module stands alone: each is kept as text, and imported from there."""
    order: list[str] = []
    _after_its_imports("widget.js", order)
    sources = {name: base64.b64encode((_PAGE / name).read_bytes()).decode() for name in order}
    return _LOADER.replace("SOURCES", json.dumps(sources))


def _after_its_imports(name: str, order: list[str]) -> None:
    text = "" if name.startswith("vendor/") else (_PAGE / name).read_text("utf-8")
    for found in _IMPORT.finditer(text):
        if found["name"] not in order:
            _after_its_imports(found["name"], order)
    order.append(name)


_LOADER = r"""
const sources = SOURCES;
const urls = {};
const imported = /(\bfrom\s*|\bimport\s*\(?\s*)"\.\/([\w./-]+)"/g;
for (const [name, packed] of Object.entries(sources)) {
  let text = new TextDecoder().decode(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)));
  if (!name.startsWith("vendor/"))
    text = text.replace(imported, (_, before, other) => `${before}"${urls[other]}"`);
  urls[name] = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
}
const widget = await import(urls["widget.js"]);
export default widget.default;
"""
"""Imports modules that it carries: what a module imports stands before it, so that its address is known."""

"""The widget's Python half: its traits are the drawing, both ways, and its kernel answers."""

from __future__ import annotations

from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import GraphError

pytest.importorskip("anywidget", reason="needs anywidget (pip install 'idgen-compiler[notebook]')")

from idgen_compiler.studio.widget import IdgenWidget, module


def test_what_is_drawn_is_handed_back() -> None:
    widget = IdgenWidget("U [latent] -> X, Y; X -> Y")
    assert widget.graph == idgen.ADMG.parse("X -> Y; X <-> Y")
    assert widget.query is None
    widget.drawing = {
        "points": [{"name": "A"}, {"name": "B"}],
        "lines": [{"tail": "A", "head": "B"}],
        "query": "P(B | do(A))",
    }
    assert widget.graph == idgen.ADMG.parse("A -> B")
    assert widget.query == idgen.Query.parse("P(B | do(A))")
    widget.query = None
    assert widget.drawing["query"] == ""
    widget.graph = idgen.ADMG.parse("A <-> B")
    assert widget.drawing["lines"] == [{"tail": "A", "head": "B", "both": True}]


def test_what_is_no_graph_says_so() -> None:
    widget = IdgenWidget()
    assert len(widget.graph) == 0
    widget.drawing = {"points": [{"name": "X"}], "lines": [{"tail": "X", "head": "X"}]}
    with pytest.raises(GraphError, match="self-loop"):
        _ = widget.graph


def test_the_kernel_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    widget = IdgenWidget("X -> Y", "P(Y | do(X))")
    monkeypatch.setattr(widget, "send", sent.append)
    widget._answered(widget, {"id": 7, "request": {"ask": "analyse", "drawing": widget.drawing}}, [])
    assert sent[0]["id"] == 7
    assert sent[0]["answer"]["verdict"] == "identifiable"


def test_the_module_stands_alone() -> None:
    text = module()
    assert text.index('"dom.js"') < text.index('"studio.js"') < text.index('"widget.js"')
    assert '"vendor/cytoscape.esm.min.mjs"' in text

"""What the site's build adds to Sphinx: drawings show everything that they draw, and docstrings keep their words."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from xml.etree import ElementTree

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.graph.drawing.svg import draw_admg
from idgen_compiler.ir.drawing.svg import draw_program

DOCS = Path(__file__).parent.parent / "docs"
GRAPHS = sorted({str(graph) for graph in (entry.parsed_graph() for entry in ENTRIES) if len(graph.order) <= 5})


@pytest.fixture
def extensions(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    pytest.importorskip("sphinx")
    import extensions
    import extensions.docstrings
    import extensions.imports
    import extensions.rooms
    import extensions.studio

    return extensions


def elements(drawing: str, kind: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing).iter(f"{{http://www.w3.org/2000/svg}}{kind}"))


def edges(drawing: str) -> list[ElementTree.Element]:
    return [path for path in elements(drawing, "path") if "edge" in path.attrib["class"]]


def frames(drawing: str) -> list[tuple[float, ...]]:
    """Left, top, right and bottom of every box."""
    found = [[float(rect.attrib[a]) for a in ("x", "y", "width", "height")] for rect in elements(drawing, "rect")]
    return [(x, y, x + width, y + height) for x, y, width, height in found]


def test_drawn_graphs_are_complete() -> None:
    for text in GRAPHS:
        graph = idgen.ADMG.parse(text)
        drawing = draw_admg(graph)
        assert sorted(e.text or "" for e in elements(drawing, "text")) == sorted(graph.order)
        hidden = [path for path in edges(drawing) if "hidden" in path.attrib["class"]]
        assert len(hidden) == len(graph.bidirected)
        assert len(edges(drawing)) == len(graph.bidirected) + len(graph.directed)


def test_drawn_boxes_are_apart_and_in_view() -> None:
    for entry in (entry for entry in ENTRIES if entry.identifiable and len(entry.parsed_graph().order) <= 6):
        program = idgen.compile(idgen.Query.parse(entry.query), entry.parsed_graph(), optimize=0)
        drawing = draw_program(program)
        boxes = frames(drawing)
        assert len(boxes) == len(program.operations)
        for a, b in combinations(boxes, 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], entry.name
        left, top, width, height = map(float, ElementTree.fromstring(drawing).attrib["viewBox"].split())
        for path in edges(drawing):
            numbers = [float(n) for n in re.findall(r"-?\d+\.\d+", path.attrib["d"])]
            assert all(left <= x <= left + width for x in numbers[::2])
            assert all(top <= y <= top + height for y in numbers[1::2])


def test_drawn_rooms_stand_on_their_floors(extensions: ModuleType) -> None:
    floors = extensions.imports.floors("idgen_compiler")
    drawing = extensions.rooms.draw_rooms("idgen_compiler")
    height = {e.text or "": float(e.attrib["y"]) for e in elements(drawing, "text")}
    assert sorted(height) == sorted(room for floor in floors for room in floor)
    for upper, lower in pairwise(floors):
        assert max(height[room] for room in upper) < min(height[room] for room in lower)
    boxes = frames(drawing)
    assert not any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for a, b in combinations(boxes, 2))
    # What is left out follows from what is drawn.
    drawn = len(edges(drawing))
    assert len(height) - 1 <= drawn < len(extensions.imports.arrows("idgen_compiler"))


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("A `model` of P(y | x).", "A ``model`` of P(y \\| x)."),
        ("A *slot* and *args.", "A *slot* and \\*args."),
        ("What it is.\nRaises DataError.", "What it is.\n\nRaises DataError."),
        ("Before: a    After: b", "::\n\n    Before: a    After: b"),
        ("Rules:\n- one\n  more\n- two", "Rules:\n\n- one\n  more\n- two"),
    ],
)
def test_docstrings_say_the_same(extensions: ModuleType, docstring: str, expected: str) -> None:
    assert "\n".join(extensions.docstrings.restructured(docstring.split("\n"))).strip() == expected


def test_the_site_has_the_studio_also_where_python_for_the_browser_is_not_to_be_had(
    extensions: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def absent(out: Path) -> None:
        raise idgen.IdgenError("npm is not installed")

    monkeypatch.setattr(extensions.studio, "build", absent)
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    extensions.studio._built(app, None)
    assert (tmp_path / "studio" / "index.html").exists()
    assert not (tmp_path / "studio" / "compiler.zip").exists()

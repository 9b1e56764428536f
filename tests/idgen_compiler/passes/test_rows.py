"""Rows stand for models whose product is a margin of the data, and for no others."""

from __future__ import annotations

import pytest

from idgen_compiler.graph import ADMG
from idgen_compiler.ir import Program, Rows
from idgen_compiler.passes import ResampleRows
from tests.idgen_compiler.passes.programs import program, same_answer


def _sampling(graph: str, body: str, outputs: str, **models: str) -> Program:
    lines = "\n".join(f"  %{name} = train %obs : {model}" for name, model in models.items())
    names = ", ".join(ADMG.parse(graph).order)
    text = f'program "p" {{\n  %obs = observe [{names}]\n{lines}\n  sample () {{\n    {body}\n  }} -> [{outputs}]\n}}'
    return program(text, graph)


def _rows(p: Program) -> list[tuple[str, ...]]:
    return [s.slots for n in p.networks() for s in n.statements if isinstance(s, Rows)]


@pytest.mark.parametrize(
    ("graph", "body", "outputs", "models", "rows"),
    [
        ("A -> B", "A ~ %a()", "A", {"a": "A"}, [("A",)]),
        ("A -> B", "A ~ %a()\n    B ~ %b(A)", "A, B", {"a": "A", "b": "B | A"}, [("A", "B")]),
        # C is separated from A by B: the three make up a row.
        ("A -> B -> C", "A ~ %a()\n    B ~ %b(A)\n    C ~ %c(B)", "A, C", {"a": "A", "b": "B | A", "c": "C | B"},
         [("A", "B", "C")]),
        # C hangs on A directly, which its model does not know: only A and B are a row.
        ("A -> B -> C; A -> C", "A ~ %a()\n    B ~ %b(A)\n    C ~ %c(B)", "A, C",
         {"a": "A", "b": "B | A", "c": "C | B"}, [("A", "B")]),
        # ... or by a hidden cause.
        ("A -> B -> C; A <-> C", "A ~ %a()\n    B ~ %b(A)\n    C ~ %c(B)", "A, C",
         {"a": "A", "b": "B | A", "c": "C | B"}, [("A", "B")]),
        # Two margins are drawn apart: together they would be dependent.
        ("A -> B", "A ~ %a()\n    B ~ %b()", "A, B", {"a": "A", "b": "B"}, [("A",), ("B",)]),
        # A second instance of A cannot stand in the first one's row.
        ("A -> B", "A' ~ %a()\n    B ~ %b(A')\n    A ~ %c(B)", "A, B", {"a": "A", "b": "B | A", "c": "A | B"},
         [("A'", "B")]),
    ],
)  # fmt: skip
def test_which_rows(graph: str, body: str, outputs: str, models: dict[str, str], rows: list[tuple[str, ...]]) -> None:
    before = _sampling(graph, body, outputs, **models)
    after = ResampleRows().apply(before)
    assert _rows(after) == rows
    assert same_answer(before, after, graph)


def test_what_an_input_moves_keeps_its_model() -> None:
    text = """
    program "p" {
      %obs = observe [X, Y]
      %m0 = train %obs : Y | X
      sample (X) {
        Y ~ %m0(X)
      } -> [Y]
    }"""
    before = program(text, "X -> Y")
    assert ResampleRows().apply(before) is before


def test_without_a_graph_only_what_needs_none_is_done() -> None:
    """A program read from text does not say what is separated in its law."""
    before = _sampling("A -> B -> C", "A ~ %a()\n    B ~ %b(A)\n    C ~ %c(B)", "A, C", a="A", b="B | A", c="C | B")
    after = ResampleRows().apply(Program.parse(str(before)))
    assert _rows(after) == [("A", "B")]


REGENERATED = """
    program "p" {
      %obs = observe [A, X, Y]
      %m0 = train %obs : Y | A, X
      %a = train %obs : A
      %reg0 = regenerate do(X ~ %obs) {
        A ~ %a()
        Y ~ %m0(A, X)
      } -> [A, Y]
      %m1 = train %reg0 : Y
      sample () {
        Y ~ %m1()
      } -> [Y]
    }"""


def test_rows_of_two_data_sets_stay_apart() -> None:
    """B's model knows A in another law than the one whose row A comes from."""
    text = """
        program "p" {
          %obs = observe [A, B]
          %m0 = train %obs : B
          %reg0 = regenerate do(A ~ uniform) {
            B ~ %m0()
          } -> [A, B]
          %a = train %obs : A
          %b = train %reg0 : B | A
          sample () {
            A ~ %a()
            B ~ %b(A)
          } -> [A, B]
        }"""
    before = Program.parse(text)
    after = ResampleRows(regenerated=True).apply(before)
    assert ("A", "B") not in _rows(after)
    assert same_answer(before, after, "A -> B")


def test_regenerated_rows_only_on_request() -> None:
    """Rows of the real data carry no modelling error; rows of regenerated data do."""
    before = Program.parse(REGENERATED)
    graph = "A -> X -> Y; A -> Y"
    assert _rows(ResampleRows().apply(before)) == [("A",)]
    after = ResampleRows(regenerated=True).apply(before)
    assert _rows(after) == [("A",), ("Y",)]
    assert same_answer(before, after, graph)

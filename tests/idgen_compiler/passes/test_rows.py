"""Rows stand for models whose product is a margin of the data, and for no others."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.graph import ADMG
from idgen_compiler.ir import Rows
from idgen_compiler.passes import ResampleRows
from idgen_compiler.program import Program
from idgen_compiler.verify import CausalModel
from tests.idgen_compiler.passes.programs import same_answer


def _sampling(graph: str, body: str, outputs: str, **models: str) -> Program:
    lines = "\n".join(f"  %{name} = train %obs : {model}" for name, model in models.items())
    names = ", ".join(ADMG.parse(graph).order)
    head = f'program "p" {{\n  graph "{graph}"\n  %obs = observe [{names}]\n{lines}'
    return Program.parse(f"{head}\n  sample () {{\n    {body}\n  }} -> [{outputs}]\n}}")


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
        # What the graph has independent is drawn from one row all the same, and so is what hangs on both.
        ("A; B", "A ~ %a()\n    B ~ %b()", "A, B", {"a": "A", "b": "B"}, [("A", "B")]),
        ("A; B; C; A -> C <- B", "A ~ %a()\n    B ~ %b()\n    C ~ %c(A, B)", "A, B, C",
         {"a": "A", "b": "B", "c": "C | A, B"}, [("A", "B", "C")]),
        ("A -> C; B -> D", "A ~ %a()\n    C ~ %c(A)\n    B ~ %b()\n    D ~ %d(B)", "C, D",
         {"a": "A", "b": "B", "c": "C | A", "d": "D | B"}, [("A", "C", "B", "D")]),
        ("A; B", "A ~ rows %obs\n    B ~ rows %obs", "A, B", {}, [("A", "B")]),
        # Not where they are dependent through a cause, or a hidden one.
        ("A <- D -> B", "A ~ %a()\n    B ~ %b()", "A, B", {"a": "A", "b": "B"}, [("A",), ("B",)]),
        ("A <-> B", "A ~ rows %obs\n    B ~ rows %obs", "A, B", {}, [("A",), ("B",)]),
        # Of two instances of A, B stands in the row of the one that is read with it.
        ("A; B; C; D; A -> C <- B; A -> D",
         "A ~ %a()\n    A' ~ %a()\n    B ~ %b()\n    D ~ %d(A)\n    C ~ %c(A', B, D)", "D, C",
         {"a": "A", "b": "B", "c": "C | A, B, D", "d": "D | A"}, [("A", "D"), ("A'", "B")]),
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


def test_one_row_is_right_where_the_graph_forgot_a_dependence() -> None:
    """The adjustment that everybody draws is the one for dependent covariates too."""
    query, graph = idgen.Query.parse("P(Y | do(X))"), "A, B -> X -> Y; A, B -> Y"
    program = idgen.compile(query, ADMG.parse(graph))
    assert _rows(program) == [("A", "B")]
    model = CausalModel.random(ADMG.parse(graph + "; A <-> B"), 0)
    assert program.fit(model.observational(), backend="exact").kernel() == model.truth(query)  # type: ignore[attr-defined]
    apart = idgen.compile(query, ADMG.parse(graph), optimize=1)
    assert apart.fit(model.observational(), backend="exact").kernel() != model.truth(query)  # type: ignore[attr-defined]


def test_what_an_input_moves_keeps_its_model() -> None:
    text = """
    program "p" {
      graph "X -> Y"
      %obs = observe [X, Y]
      %m0 = train %obs : Y | X
      sample (X) {
        Y ~ %m0(X)
      } -> [Y]
    }"""
    before = Program.parse(text)
    assert ResampleRows().apply(before) is before


def test_a_program_that_was_read_knows_what_is_separated() -> None:
    """The graph is part of the text."""
    before = _sampling("A -> B -> C", "A ~ %a()\n    B ~ %b(A)\n    C ~ %c(B)", "A, C", a="A", b="B | A", c="C | B")
    after = ResampleRows().apply(Program.parse(str(before)))
    assert _rows(after) == [("A", "B", "C")]


REGENERATED = """
    program "p" {
      graph "A -> X -> Y; A -> Y"
      %obs = observe [A, X, Y]
      %m0 = train %obs : Y | A, X
      %a = train %obs : A
      %law0 = realize P(A, Y ; do(X)) -> [A, Y] {
        regenerate do(X ~ %obs) {
          A ~ %a()
          Y ~ %m0(A, X)
        }
      }
      %m1 = train %law0 : Y
      sample () {
        Y ~ %m1()
      } -> [Y]
    }"""


def test_rows_of_two_data_sets_stay_apart() -> None:
    """B's model knows A in another law than the one whose row A comes from."""
    text = """
        program "p" {
          graph "A -> B"
          %obs = observe [A, B]
          %m0 = train %obs : B
          %law0 = realize P(B ; do(A)) -> [A, B] {
            regenerate do(A ~ uniform) {
              B ~ %m0()
            }
          }
          %a = train %obs : A
          %b = train %law0 : B | A
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
    """Rows of the real data carry no modeling error; rows of regenerated data do."""
    before = Program.parse(REGENERATED)
    graph = "A -> X -> Y; A -> Y"
    assert _rows(ResampleRows().apply(before)) == [("A",)]
    after = ResampleRows(regenerated=True).apply(before)
    assert _rows(after) == [("A",), ("Y",)]
    assert same_answer(before, after, graph)

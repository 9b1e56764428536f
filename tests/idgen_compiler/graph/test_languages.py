"""Other tools' graphs: what is written is read back, and what others write is read with its meaning."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError, IdgenError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import edge_sets, graphs
from tests.idgen_compiler.transcripts import transcript

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
FRONT_DOOR = ADMG.parse("X -> M -> Y; X <-> Y")


@given(graphs())
def test_dagitty_is_read_back(graph: ADMG) -> None:
    again = ADMG.from_dagitty(graph.to_dagitty())
    assert again == graph
    assert again.order == graph.order


@given(graphs(), st.data())
def test_dot_is_read_back_with_fixed_vertices(graph: ADMG, data: st.DataObject) -> None:
    fixed = data.draw(st.lists(st.sampled_from(graph.order), unique=True)) if graph else []
    graph = graph.intervened(fixed)
    again = ADMG.from_dot(graph.to_dot())
    assert edge_sets(again) == edge_sets(graph)
    assert again.order == graph.order


@given(graphs(), st.booleans(), st.data())
def test_networkx_is_read_back_with_fixed_vertices(graph: ADMG, canonical: bool, data: st.DataObject) -> None:
    pytest.importorskip("networkx")
    graph = graph.intervened(data.draw(st.lists(st.sampled_from(graph.order), unique=True)) if graph else [])
    assert edge_sets(ADMG.from_networkx(graph.to_networkx(canonical=canonical))) == edge_sets(graph)


@given(graphs())
def test_y0_is_read_back(graph: ADMG) -> None:
    pytest.importorskip("y0")
    assume("P" not in graph)  # a name that y0 keeps for itself
    assert ADMG.from_y0(graph.to_y0()) == graph


def test_drawings(golden: Callable[[str, str], None]) -> None:
    graph = ADMG.parse("W1 -> W2 -> X -> end.y; X <-> W1 <-> end.y").intervened(["X"])
    golden("graph/napkin.dot", graph.to_dot())
    golden("graph/napkin.mmd", graph.to_mermaid())
    golden("graph/napkin.dagitty", graph.to_dagitty())


# -- DAGitty ----------------------------------------------------------------------------------------------------------


def test_dagitty_with_positions_roles_and_a_latent_variable() -> None:
    text = """
    // from a drawing
    dag {
      bb="-2,-2,2,2"
      X [exposure,pos="-1.000,0.5"]
      Y [outcome, pos="1,.5"]
      M [adjusted,pos="0,-1"]
      U [latent,pos="0,1"]
      U -> X [pos="0.1,0.2"]
      U -> Y
      X -> M -> Y
    }
    """
    assert ADMG.from_dagitty(text) == FRONT_DOOR


@pytest.mark.parametrize(
    "text",
    [
        "dag{X->M->Y;X<->Y}",
        "dag { X -> M Y <- M X <-> Y }",
        'dag "front door" { "X" -> "M"; "M" -> "Y"; "Y" <-> "X" };',
        "graph { X -> M\nM -> Y\nX <-> Y }",
        "DAG { X Y M; {X} -> {M}; M -> {Y}; X <- {U [u]} -> Y }",
        "dag { U [l]; V [l]; V -> U -> {X Y}; X -> M -> Y }",
    ],
)
def test_dagitty_in_other_words(text: str) -> None:
    assert ADMG.from_dagitty(text) == FRONT_DOOR


def test_groups_join_each_with_each() -> None:
    assert ADMG.from_dagitty("dag { {A B} -> {C D} }") == ADMG.parse("A, B -> C, D")


def test_dagitty_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "dag { X -> }", "dag { X -> Y", "dag { X -- Y }", "dag {\n  X -> Y\n  X @-> Z\n}", "mag { X -> Y }",
        "pdag { X -- Y }", "X -> Y", "dag { X [selected] }", 'dag { "birth weight" -> Y }', 'dag { "X -> Y }',
        "dag { X -> Y } dag", "dag { X [ }", "dag { X -> Y; Y -> X }", "dag { X -> Y -> Z -> X }", "dag { X & Y }",
        "dag { U [latent] U -> U }", "",
    ]  # fmt: skip
    golden("graph/dagitty_errors.txt", transcript(cases, ADMG.from_dagitty, GraphError))


# -- DOT --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "digraph { X -> M -> Y; X -> Y [dir=both] }",
        'strict digraph "G" { rankdir=LR; node [shape=circle]; edge [color="#000"]; X->M; M->Y; X->Y [dir="both"]; }',
        "digraph { X -> M -> Y edge [dir=both, style=dashed] X -> Y }",
        "digraph { subgraph cluster_0 { edge [dir=both] X -> Y } X -> M -> Y }",
        "digraph { M -> X [dir=back]; M -> Y; Y -> X [dir=both] }",
        "digraph { U [observed=no]; U -> {X Y} [style=dashed]; X -> M -> Y }",
        'digraph { U [label="Unobserved Confounders", observed="no"]; U->X; U->Y; X:e -> M:w -> Y:n:s }',
        "digraph { node [latent=true] U; node [latent=false] U -> X -> M -> Y; U -> Y }",
        "# a comment\ndigraph { /* two\nlines */ X -> M -> Y // end\n X->Y [dir=both]}",
        "digraph { X [label=<<b>X</b>>]; { rank = same; X; M } X -> M -> Y; X -> Y [dir=both] }",
        'digraph { "X" -> "M" -> Y; U [hidden]; U -> X; U -> Y }',
    ],
)
def test_dot_in_other_words(text: str) -> None:
    assert ADMG.from_dot(text) == FRONT_DOOR


def test_dot_errors(golden: Callable[[str, str], None]) -> None:
    cases = [
        "graph { X -- Y }", "digraph { X -- Y }", "digraph { X -> Y [dir=none] }", "digraph { X -> Y [style=dashed] }",
        "digraph { X [latent=perhaps] }", "digraph { X ->\n  -> Y }", "digraph { X -> Y", "digraph { X -> Y [dir=] }",
        "digraph { X -> Y; X -> Y }", "digraph { subgraph { X }", "X -> Y", "digraph X -> Y", "digraph { X <-> Y }",
        "digraph { 1 -> 2 }",
    ]  # fmt: skip
    golden("graph/dot_errors.txt", transcript(cases, ADMG.from_dot, GraphError))


# -- any text ---------------------------------------------------------------------------------------------------------

WORDS = """X Y "a" "b_c" -> <- <-> -- @-> { } [ ] = ; , : + latent dir=both subgraph edge node graph dag digraph strict
/* */ " <b> 1.5 '"""


@given(
    st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join) | st.text(max_size=30),
    st.sampled_from(["dag {", "digraph {", ""]),
)
@example("{" * 5000, "digraph {")
@example('"' + "\\" * 5000, "dag {")
@example("<" * 5000, "dag {")
@example("/*" * 5000, "dag {")
def test_any_text_is_a_graph_or_a_graph_error(text: str, start: str) -> None:
    for read in (ADMG.from_dagitty, ADMG.from_dot):
        for whole in (start + text, f"{start}{text}}}"):
            try:
                graph = read(whole)
            except GraphError:
                continue
            assert ADMG.from_dot(graph.to_dot()) == graph


# -- networkx and y0 --------------------------------------------------------------------------------------------------


def test_networkx_in_other_words() -> None:
    networkx = pytest.importorskip("networkx")
    marked = networkx.DiGraph([("X", "M"), ("M", "Y")])
    marked.add_edge("X", "Y", dir="both")
    twice = networkx.DiGraph([("X", "M"), ("M", "Y")])
    twice.add_edge("X", "Y", bidirected=True)
    twice.add_edge("Y", "X", bidirected=True)
    keyed = networkx.MultiDiGraph([("X", "M"), ("M", "Y"), ("X", "Y", "bidirected")])
    latent = networkx.DiGraph([("X", "M"), ("M", "Y"), ("U", "X"), ("U", "Y")])
    for graph in (marked, twice, keyed):
        assert ADMG.from_networkx(graph) == FRONT_DOOR
    for mark in ({"hidden": True}, {"latent": True}, {"observed": False}, {"observed": "no"}):
        latent.nodes["U"].clear()
        latent.nodes["U"].update(mark)
        assert ADMG.from_networkx(latent) == FRONT_DOOR


def test_networkx_errors() -> None:
    networkx = pytest.importorskip("networkx")
    with pytest.raises(GraphError, match="undirected networkx graph"):
        ADMG.from_networkx(networkx.Graph([("X", "Y")]))
    with pytest.raises(GraphError, match=r"vertex 0 is no string; name the vertices by networkx\.relabel_nodes"):
        ADMG.from_networkx(networkx.DiGraph([(0, 1)]))
    with pytest.raises(GraphError, match="contradictory edges"):
        ADMG.from_networkx(networkx.DiGraph([("X", "Y"), ("Y", "X")]))
    with pytest.raises(GraphError, match="cycle: A -> B -> C -> A"):
        ADMG.from_networkx(networkx.DiGraph([("A", "B"), ("B", "C"), ("C", "A")]))
    with pytest.raises(GraphError, match="expected a networkx DiGraph or MultiDiGraph, not str"):
        ADMG.from_networkx("X -> Y")


def test_y0_errors() -> None:
    pytest.importorskip("y0")
    from y0.dsl import Variable, X, Y
    from y0.graph import NxMixedGraph

    with pytest.raises(GraphError, match="no plain variable"):
        ADMG.from_y0(NxMixedGraph.from_edges(directed=[(X, Y @ X)]))
    with pytest.raises(GraphError, match="cannot name a variable"):
        ADMG.from_y0(NxMixedGraph.from_edges(directed=[(X, Variable("a b"))]))
    with pytest.raises(GraphError, match="expected a y0 NxMixedGraph, not ADMG"):
        ADMG.from_y0(NAPKIN)
    with pytest.raises(GraphError, match="y0 takes no variable named 'P'"):
        ADMG.parse("P -> X").to_y0()
    with pytest.raises(GraphError, match=r"no mark for fixed vertices \(X\)"):
        NAPKIN.intervened(["X"]).to_y0()


@pytest.mark.parametrize(("package", "method"), [("networkx", ADMG.to_networkx), ("y0", ADMG.to_y0)])
def test_a_missing_package_names_the_extra(
    package: str, method: Callable[[ADMG], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [m for m in sys.modules if m == package or m.startswith(package + ".")]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(IdgenError, match=rf"{package} is not installed; pip install 'idgen-compiler\[verify\]'"):
        method(NAPKIN)

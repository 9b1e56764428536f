"""Mixed graphs: sets of vertices by their definitions, one order for all derived graphs, and errors that help."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import edge_sets, graphs
from tests.idgen_compiler.transcripts import transcript

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")


def _grown(start: set[str], pairs: set[tuple[str, str]]) -> set[str]:
    """The vertices that `start` reaches along pairs."""
    found = set(start)
    while more := {b for a, b in pairs if a in found} - found:
        found |= more
    return found


@given(graphs(least=1), st.data())
def test_closures_follow_their_definitions(graph: ADMG, data: st.DataObject) -> None:
    some = set(data.draw(st.lists(st.sampled_from(graph.order), unique=True)))
    forward = set(graph.directed)
    both = set(graph.bidirected) | {(b, a) for a, b in graph.bidirected}
    assert graph.descendants(some) == _grown(some, forward)
    assert graph.ancestors(some) == _grown(some, {(b, a) for a, b in forward})
    assert graph.parents(some) == {a for a, b in forward if b in some}
    assert graph.children(some) == {b for a, b in forward if a in some}
    assert graph.siblings(some) == {b for a, b in both if a in some}
    for name in graph.order:
        assert graph.district_of(name) == _grown({name}, both)
    assert {v for d in graph.districts for v in d} == graph.nodes
    assert sum(map(len, graph.districts)) == len(graph)


@given(graphs(least=1))
def test_the_markov_pillow_is_the_district_among_predecessors_and_its_parents(graph: ADMG) -> None:
    for k, name in enumerate(graph.order):
        before = set(graph.order[: k + 1])
        both = {(a, b) for a, b in graph.bidirected if {a, b} <= before}
        district = _grown({name}, both | {(b, a) for a, b in both})
        pillow = (district | {a for a, b in graph.directed if b in district}) - {name}
        assert graph.markov_pillow(name) == pillow


@given(graphs(least=1), st.data())
def test_derived_graphs_have_the_edges_of_their_definition_and_share_one_order(
    graph: ADMG, data: st.DataObject
) -> None:
    subsets = st.frozensets(st.sampled_from(graph.order))
    keep, into, out_of, fixed = data.draw(subsets), data.draw(subsets), data.draw(subsets), data.draw(subsets)
    nodes, directed, bidirected, _ = edge_sets(graph)

    assert edge_sets(graph.subgraph(keep)) == (
        keep,
        {e for e in directed if keep.issuperset(e)},
        {e for e in bidirected if e <= keep},
        frozenset(),
    )
    assert edge_sets(graph.mutilated(into, out_of)) == (
        nodes,
        {(a, b) for a, b in directed if a not in out_of and b not in into},
        {e for e in bidirected if not e & into},
        frozenset(),
    )
    intervened = graph.intervened(fixed)
    assert edge_sets(intervened) == (
        nodes,
        {(a, b) for a, b in directed if b not in fixed},
        {e for e in bidirected if not e & fixed},
        fixed,
    )
    assert intervened.random == nodes - fixed
    derived = graph.intervened(fixed).subgraph(keep).mutilated(into & keep, out_of & keep)
    assert derived.order == tuple(name for name in graph.order if name in keep)
    place = {name: k for k, name in enumerate(derived.order)}
    assert all(place[a] < place[b] for a, b in derived.directed)
    for name in keep - fixed:  # a derived graph knows its own ancestors, also where the original's are cut
        pairs = {(b, a) for a, b in derived.directed}
        assert derived.ancestors([name]) == _grown({name}, pairs)


@given(graphs())
def test_equal_graphs_are_those_with_equal_edges(graph: ADMG) -> None:
    backwards = ADMG(graph.directed[::-1], [(b, a) for a, b in graph.bidirected], reversed(graph.order))
    assert graph == backwards
    assert hash(graph) == hash(backwards)
    assert edge_sets(graph) == edge_sets(backwards)
    if graph.directed:
        assert graph != ADMG(graph.directed[1:], graph.bidirected, graph.order)
    if graph.order:
        assert graph != graph.intervened(graph.order[:1])


def test_names_keep_the_order_in_which_they_were_given_where_edges_allow_it() -> None:
    assert ADMG([("C", "A")], nodes=["A", "B", "C", "D"]).order == ("B", "C", "A", "D")
    assert ADMG.parse("D, B, A -> C").order == ("D", "B", "A", "C")
    assert NAPKIN.sorted({"Y", "W1", "X"}) == ("W1", "X", "Y")


def test_one_name_may_stand_for_a_list_of_one() -> None:
    assert NAPKIN.parents("X") == NAPKIN.parents(["X"]) == {"W2"}
    assert ADMG(nodes="XY").order == ("XY",)


def test_constructor_errors(golden: Callable[[str, str], None]) -> None:
    cases: list[str] = [
        "ADMG(['XY'])", "ADMG([('X', 'Y', 'Z')])", "ADMG([5])", "ADMG([('X', 1)])", "ADMG(nodes=['birth\\nweight'])",
        "ADMG(nodes=[''])", "ADMG(nodes=[3])", "ADMG(bidirected=[('X', 'X')])", "NAPKIN.parents(['x'])",
        "NAPKIN.subgraph(['W3'])", "NAPKIN.district_of('Q')", "ADMG(nodes=[' '])", "ADMG.from_dag([('U', 'X')], ['V'])",
        "ADMG.from_dag([('U', 'X'), ('X', 'U')], ['U'])", "NAPKIN.project(['w1'])",
        "NAPKIN.intervened(['X']).project(['X'])",
    ]  # fmt: skip
    scope = {"ADMG": ADMG, "NAPKIN": NAPKIN}
    golden("graph/errors.txt", transcript(cases, lambda code: eval(code, scope), GraphError))  # noqa: S307


def test_thousands_of_vertices() -> None:
    names = [f"V{i}" for i in range(2000)]
    chain = ADMG(pairwise(names), pairwise(names))
    assert chain.order == tuple(names)
    assert chain.districts == (frozenset(names),)
    assert len(chain.ancestors(["V1999"])) == len(chain.descendants(["V0"])) == 2000
    assert chain.intervened(["V1000"]).ancestors(["V1999"]) == frozenset(names[1000:])
    assert chain.markov_pillow("V1999") == frozenset(names[:1999])
    star = ADMG([(f"A{i}", "Y") for i in range(2000)])
    assert star.parents(["Y"]) == star.nodes - {"Y"}
    assert len(star.districts) == 2001

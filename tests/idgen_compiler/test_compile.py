"""Compiling: levels, realizations, joint blocks, several queries, the search, and what is refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.compile import explain
from idgen_compiler.compile.search import SEARCHED_VERTICES
from idgen_compiler.compile.story import MOST_WEIGHED
from idgen_compiler.errors import GraphError, QueryError
from idgen_compiler.passes import Renumber
from tests.strategies import NAPKIN, Case, napkin_ladder
from tests.truth import Truth

FRONT_DOOR = idgen.ADMG.parse("X -> M -> Y; X <-> Y")
QUERY = idgen.Query.parse("P(Y | do(X))")


def test_levels_have_names_and_numbers() -> None:
    assert idgen.compile(QUERY, NAPKIN, optimize=False) == idgen.compile(QUERY, NAPKIN, optimize=0)
    assert idgen.compile(QUERY, NAPKIN) == idgen.compile(QUERY, NAPKIN, optimize=True)
    assert idgen.compile(QUERY, NAPKIN) == idgen.compile(QUERY, NAPKIN, optimize=2)


def test_each_level_costs_less() -> None:
    literal, rewritten, searched = (idgen.compile(QUERY, FRONT_DOOR, optimize=k).cost for k in (0, 1, 2))
    assert (literal.regenerations, rewritten.regenerations, searched.regenerations) == (1, 0, 0)
    assert (literal.models, rewritten.models, searched.models) == (4, 3, 2)


@pytest.mark.parametrize("optimize", [-1, 3])
def test_unknown_levels(optimize: int) -> None:
    with pytest.raises(QueryError, match="choose 0, 1, 2"):
        idgen.compile(QUERY, NAPKIN, optimize=optimize)


def test_unknown_realizations() -> None:
    with pytest.raises(QueryError, match="choose auto, regenerate, reweight"):
        idgen.compile(QUERY, NAPKIN, realize="resample")  # type: ignore[arg-type]


def test_texts_are_refused_with_the_way_to_read_them() -> None:
    for call in (idgen.compile, idgen.identify, explain):
        with pytest.raises(QueryError, match=r"the query 'P\(Y \| do\(X\)\)' is no Query; read one with Query.parse"):
            call("P(Y | do(X))", NAPKIN)  # type: ignore[operator]
        with pytest.raises(GraphError, match=r"the graph 'X -> Y' is no ADMG; read one with ADMG.read"):
            call(QUERY, "X -> Y")  # type: ignore[operator]


def test_auto_offers_weights() -> None:
    program = idgen.compile(QUERY, NAPKIN)
    (law,) = program.laws
    assert [way.word for way in law.ways] == ["regenerate", "reweight"]
    for way in ("regenerate", "reweight"):
        alone = idgen.compile(QUERY, NAPKIN, realize=way)  # type: ignore[arg-type]
        assert Renumber().apply(program.realized(way)) == alone
        assert [[way.word for way in law.ways] for law in alone.laws] == [[way]]
    assert program.cost == program.realized("regenerate").cost, "the first way is counted"
    assert not idgen.compile(QUERY, FRONT_DOOR).laws


def test_no_weights_where_they_cannot() -> None:
    program = idgen.compile(idgen.Query.parse("P(A | do(X), B)"), idgen.ADMG.parse("X -> A -> B; X <-> B"))
    assert program.regenerations
    assert not program.reweightings


def test_weights_ask_for_no_further_column() -> None:
    """A column that only the weights read is not asked of the user."""
    graph = idgen.ADMG.parse("V1 -> V4 -> V5; V2 -> V4; V3 -> V2; V2 -> V5; V1 <-> V3; V3 <-> V4; V3 <-> V5; V1 <-> V2")
    for text in ("P(V5 | do(V4))", "P(V5 | do(V2, V4))"):
        query = idgen.Query.parse(text)
        try:
            auto, alone = idgen.compile(query, graph), idgen.compile(query, graph, realize="regenerate")
        except idgen.NotIdentifiable:
            continue
        assert auto.observe.variables == alone.observe.variables


# -- joint blocks -----------------------------------------------------------------------------------------------------


def test_joint_blocks() -> None:
    program = idgen.compile(QUERY, NAPKIN, optimize=0, joint=[("X", "Y")])
    assert ("X", "Y") in [model.targets for model in program.models]
    assert Truth(Case(NAPKIN, QUERY), 0).of_program(program)


@pytest.mark.parametrize(
    ("joint", "message"),
    [([("X", "Z")], "the graph has no 'Z'"), ([("X",)], "name two or more"), (["XY"], "name two or more")],
)
def test_bad_joint_blocks(joint: list[Sequence[str]], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        idgen.compile(QUERY, NAPKIN, joint=joint)


# -- several queries --------------------------------------------------------------------------------------------------


def test_several_queries_share_models_and_data_sets() -> None:
    queries = [QUERY, idgen.Query.parse("P(X | do(W2))"), idgen.Query.parse("P(X, Y | do(W2))")]
    program = idgen.compile(queries, NAPKIN)
    assert [sampler.query for sampler in program.samplers] == [str(q) for q in queries]
    apart = [idgen.compile(q, NAPKIN) for q in queries]
    assert len(program.models) < sum(len(p.models) for p in apart)
    for k, query in enumerate(queries):
        truth = Truth(Case(NAPKIN, query), k)
        fitted = program.fit(truth.model.observational(), backend="exact")
        assert fitted.kernel(str(query)) == truth.model.truth(query)  # type: ignore[attr-defined]


def test_several_queries_offer_weights() -> None:
    """Where one of them can be reweighted, the program that does so answers all."""
    queries = [QUERY, idgen.Query.parse("P(X | do(W2))")]
    other = idgen.compile(queries, NAPKIN).realized("reweight")
    assert other.reweightings
    assert not other.regenerations
    truth = Truth(Case(NAPKIN, QUERY), 0)
    fitted = other.fit(truth.model.observational(), backend="exact")
    assert fitted.kernel(str(QUERY)) == truth.model.truth(QUERY)  # type: ignore[attr-defined]


SWAPPED = [idgen.Query(["X", "Y"]), idgen.Query(["Y", "X"])]


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([], "no query"),
        ([QUERY, QUERY], "given twice"),
        (SWAPPED, "given twice"),
        ("P(Y)", "is no Query"),
        (["P(Y)"], "is no Query"),
        (None, "is no Query"),
        (NAPKIN, "is no Query"),
    ],
)
def test_bad_queries(queries: Any, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        idgen.compile(queries, NAPKIN)


def test_every_entrance_says_that_a_text_is_no_query_and_a_query_no_graph() -> None:
    entrances: list[Any] = [idgen.identify, idgen.compile, idgen.explain, idgen.verify, idgen.witness]
    for entrance in entrances:
        with pytest.raises(QueryError, match=r"read one with Query\.parse"):
            entrance("P(Y | do(X))", NAPKIN)
        with pytest.raises(idgen.GraphError, match=r"read one with ADMG\.read"):
            entrance(QUERY, "X -> Y")


@pytest.mark.parametrize("level", [None, "x", "2", 1.5, 3, -1])
def test_a_level_is_a_whole_number(level: Any) -> None:
    with pytest.raises(QueryError, match="there is no optimization level"):
        idgen.compile(QUERY, NAPKIN, optimize=level)


def test_refusals_and_estimands_survive_other_processes() -> None:
    with pytest.raises(idgen.NotIdentifiable) as refused:
        idgen.identify(QUERY, idgen.ADMG.parse("X -> Y; X <-> Y"))
    for again in (pickle.loads(pickle.dumps(refused.value)), copy.deepcopy(refused.value)):  # noqa: S301 - our own
        assert (str(again), again.hedge, again.step) == (str(refused.value), refused.value.hedge, refused.value.step)
    identification = idgen.identify(QUERY, NAPKIN)
    for other in (pickle.loads(pickle.dumps(identification)), copy.deepcopy(identification)):  # noqa: S301 - our own
        assert other == identification
        assert other.estimand.kernel is identification.estimand.kernel


@pytest.mark.parametrize("again", [lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy])  # noqa: S301 - ours
def test_a_compilation_survives_other_processes(again: Callable[[Any], Any]) -> None:
    ours = explain(QUERY, NAPKIN)
    other = again(ours)
    assert (other.program, other.estimand, other.identification) == (ours.program, ours.estimand, ours.identification)
    assert [(s.name, s.program, s.estimand) for s in other.stages] == [
        (s.name, s.program, s.estimand) for s in ours.stages
    ]


# -- the search -------------------------------------------------------------------------------------------------------

# Rule 2 read backwards: seeing V1 instead of setting it leaves one regeneration less.
SEARCHED = Case(
    idgen.ADMG.parse("V1 -> V2; V1 -> V3; V2 -> V3; V1 -> V4; V3 -> V4; V1 <-> V2; V2 <-> V4"),
    idgen.Query.parse("P(V3 | do(V1, V2), V4)"),
)


def test_a_cheaper_posing_is_found_and_told() -> None:
    compilation = explain(SEARCHED.query, SEARCHED.graph)
    posed = explain(SEARCHED.query, SEARCHED.graph, optimize=1)
    assert compilation.program.cost.rank < posed.program.cost.rank
    assert compilation.posing.why
    assert [stage.name for stage in compilation.stages[:2]] == ["literal", "Pose"]
    assert compilation.considered > 2
    truth = Truth(SEARCHED, 0)
    assert truth.of_program(compilation.program)
    assert truth.of_estimand(compilation.estimand)


def test_the_identification_stays_the_one_that_was_asked_for() -> None:
    compilation = explain(SEARCHED.query, SEARCHED.graph)
    assert compilation.identification.query == SEARCHED.query
    assert compilation.identification.graph == SEARCHED.graph
    assert compilation.program.name == str(SEARCHED.query)


def test_lower_levels_do_not_search() -> None:
    for level in (0, 1):
        compilation = explain(SEARCHED.query, SEARCHED.graph, optimize=level)
        assert str(compilation.posing) == "as posed"
        assert compilation.considered == 1


def test_large_graphs_are_not_searched() -> None:
    """The number of ancestors counts, not that of vertices."""
    chain = [f"A{k}" for k in range(SEARCHED_VERTICES)]
    above = "; ".join(f"{a} -> V1" for a in chain)
    below = "; ".join(f"V4 -> {a}" for a in chain)
    text = str(SEARCHED.graph)
    assert explain(SEARCHED.query, idgen.ADMG.parse(f"{text}\n{above}")).considered <= 2
    assert explain(SEARCHED.query, idgen.ADMG.parse(f"{text}\n{below}")).considered > 2


def test_not_identifiable_has_its_hedge() -> None:
    with pytest.raises(idgen.NotIdentifiable) as caught:
        explain(QUERY, idgen.ADMG.parse("X -> Y; X <-> Y"))
    assert caught.value.hedge == (frozenset("XY"), frozenset("Y"))


def test_nests_of_many_laws_are_not_weighed() -> None:
    """Each run of a condition on a nested law weighs runs of the law inside; a few are offered, many are not."""
    for rungs, offered in ((2, True), (MOST_WEIGHED + 1, False)):
        graph, query = napkin_ladder(rungs)
        program = idgen.compile(query, graph)
        assert len(program.laws) == rungs
        assert any(model.condition for model in program.models) == offered

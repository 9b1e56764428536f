"""y0 as released and repaired: each defect on its smallest graph, and agreement in everything once repaired."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES, Entry
from idgen_compiler.verify.peer import ask_y0
from tests.strategies import Case, any_cases

pytest.importorskip("y0.dsl", exc_type=ImportError)

from tests.peers.crosscheck import judged_y0
from tests.peers.y0_shim import REPAIRS, repaired_y0

GOOD = {"right value", "rightly refused"}


def case(query: str, graph: str) -> Case:
    return Case(idgen.ADMG.parse(graph), idgen.Query.parse(query))


DEFECTS = {
    "carried law": (case("P(Y | do(X))", "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"), "wrong value"),
    "isolated vertices": (case("P(Y1, Y2 | do(X))", "Y1; X -> Y2"), "raised"),
    "colliders": (case("P(Y | W, Z)", "W <-> Z <-> Y"), "wrong value"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_on_its_smallest_graph(defect: str) -> None:
    """If this fails, y0 has repaired a defect: celebrate, and update the docs."""
    question, outcome = DEFECTS[defect]
    assert judged_y0(question, seed=1, repaired=False) == outcome
    assert judged_y0(question, seed=1, repaired=True) == "right value"


@pytest.mark.parametrize("defect", REPAIRS)
def test_each_repair_is_needed_and_enough(defect: str) -> None:
    question, outcome = DEFECTS[defect]
    with repaired_y0(defect):
        assert judged_y0(question, seed=1, repaired=False) == "right value"
    with repaired_y0(*(name for name in REPAIRS if name != defect)):
        assert judged_y0(question, seed=1, repaired=False) == outcome


def test_the_repairs_end_with_their_block() -> None:
    napkin, _ = DEFECTS["carried law"]
    with repaired_y0():
        inside = str(ask_y0(napkin.query, napkin.graph))
    assert inside != "P(Y | X)"
    assert str(ask_y0(napkin.query, napkin.graph)) == "P(Y | X)"


SLOW = {"ladder-3", "sachs-erk", "sachs-mek"}  #: nested laws written out, or large joints: seconds each


@pytest.mark.parametrize(
    "entry",
    [pytest.param(e, marks=[pytest.mark.slow] if e.name in SLOW else [], id=e.name) for e in ENTRIES],
)
def test_repaired_y0_agrees_on_the_catalog(entry: Entry) -> None:
    question = Case(entry.parsed_graph(), entry.parsed_query())
    assert judged_y0(question, seed=3, repaired=True) in GOOD


@pytest.mark.parametrize(("kind", "count"), [("plain", 120), ("napkin", 60)])
def test_repaired_y0_agrees_on_random_queries(kind: str, count: int) -> None:
    found = Counter[str]()
    for k, question in enumerate(islice(any_cases(11, kind, (3, 5)), count)):
        outcome = judged_y0(question, seed=k, repaired=True)
        assert outcome in GOOD, question
        found[outcome] += 1
    assert min(found[outcome] for outcome in GOOD) >= 10

"""The protocol of the studio, without a browser: every graph of the catalog, and what goes wrong."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.studio.adjustment import adjustment_sets
from idgen_compiler.studio.answers import answer, answer_text
from idgen_compiler.verify import CausalModel

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"


def drawing(text: str, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = answer({"ask": "read", "text": text})["drawing"]
    return found | ({"query": query} if query else {})


def test_every_graph_of_the_catalog_opens_with_its_verdict_and_its_answer() -> None:
    listed = answer({"ask": "catalog"})["entries"]
    assert [e["name"] for e in listed] == [e.name for e in ENTRIES]
    for entry in ENTRIES:
        drawn = answer({"ask": "open", "name": entry.name})["drawing"]
        found = answer({"ask": "analyse", "drawing": drawn})
        json.dumps(found)
        assert found["verdict"] == ("identifiable" if entry.identifiable else "not identifiable"), entry.name
        assert idgen.ADMG.parse(found["graph"]["text"]) == entry.parsed_graph()
        if entry.identifiable:
            query, graph = entry.parsed_query(), entry.parsed_graph()
            assert found["estimand"]["text"] == str(idgen.identify(query, graph).estimand)
            assert found["program"]["text"] == str(idgen.compile(query, graph))
            assert len(found["derivation"]) == found["steps"]
            ElementTree.fromstring(found["estimand"]["mathml"])
        else:
            assert set(found["hedge"]["inner"]) <= set(found["hedge"]["outer"])


@pytest.mark.parametrize("name", ["napkin", "front-door", "bow", "verma"])
def test_proofs_are_those_of_the_verification(name: str) -> None:
    drawn = answer({"ask": "open", "name": name})["drawing"]
    for model in (0, 1):
        found = answer({"ask": "prove", "drawing": drawn, "model": model})
        if name == "bow":
            assert found["witness"]["proves"]
            assert found["witness"]["difference"] == "1/4"
        else:
            assert found["ok"]
            assert {row["verdict"] for row in found["ours"].values()} == {"agrees"}


def test_a_proof_that_would_take_too_long_says_so() -> None:
    chain = " -> ".join(f"V{k}" for k in range(16))
    found = answer({"ask": "prove", "drawing": drawing(chain, "P(V15 | do(V3))")})
    assert "16 variables with its ancestors" in found["error"]["message"]
    assert answer({"ask": "prove", "drawing": drawing(chain, "P(V5 | do(V3))")})[
        "ok"
    ]  # what comes after does not matter
    few = answer({"ask": "prove", "drawing": drawing(chain, "P(V5 | do(V3))"), "most": 4})
    assert "more than 4" in few["error"]["message"]


def test_a_wrong_program_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof's verdict is the comparison's, not a constant."""
    from idgen_compiler.verify import check

    monkeypatch.setattr(check, "programs", lambda *_: {"program": idgen.compile(*wrong)})
    wrong = idgen.Query.parse("P(Y | X)"), idgen.ADMG.parse(NAPKIN)
    found = answer({"ask": "prove", "drawing": drawing(NAPKIN, "P(Y | do(X))")})
    assert not found["ok"]
    assert found["ours"]["program"]["verdict"] != "agrees"


@pytest.mark.parametrize(
    ("drawn", "verdict", "words"),
    [
        ({"points": [], "lines": []}, "empty", ""),
        (drawing("X -> Y"), "no query", ""),
        (drawing("X -> Y", "P(Y | do(X)"), "query", "expected"),
        (drawing("X -> Y", "P(Z | do(X))"), "query", "Z"),
        (drawing("U [latent] -> X, Y; X -> Y", "P(Y | do(U))"), "query", "latent"),
        (
            {
                "points": [{"name": "X"}, {"name": "Y"}],
                "lines": [{"tail": "X", "head": "Y"}, {"tail": "Y", "head": "X"}],
            },
            "graph",
            "contradictory",
        ),
        ({"points": [{"name": "X"}, {"name": "X"}]}, "graph", "two vertices"),
        ({"points": [{"name": "X"}], "lines": [{"tail": "X", "head": "Q"}]}, "graph", "'Q', which is not drawn"),
        ({"points": [{"name": " "}]}, "graph", "blank"),
    ],
)
def test_what_is_not_finished_or_wrong_says_so(drawn: dict[str, Any], verdict: str, words: str) -> None:
    found = answer({"ask": "analyse", "drawing": drawn})
    assert found["verdict"] == verdict
    assert words in found.get("error", {}).get("message", "")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"ask": "nothing"}, "a request is an object with `ask`"),
        ([1], "a request is an object"),
        ({"ask": "analyse"}, "analyse was asked with nothing"),
        ({"ask": "analyse", "drawing": {"points": 3}}, "'points' must be a list"),
        ({"ask": "open", "name": "napkn"}, "did you mean napkin"),
        ({"ask": "read", "text": "X -> X"}, "self-loop"),
        ({"ask": "read", "text": 5}, "a graph is read from a text"),
        ({"ask": "write", "drawing": {}, "form": "dott"}, "did you mean dot"),
        ({"ask": "prove", "drawing": {}}, "there is no query"),
    ],
)
def test_a_bad_request_is_an_answer(request_: Any, words: str) -> None:
    found = json.loads(answer_text(json.dumps(request_)))
    assert list(found) == ["error"]
    assert words in found["error"]["message"]


def test_what_is_no_json_is_an_answer() -> None:
    assert "no JSON" in json.loads(answer_text("{"))["error"]["message"]


def test_a_path_is_never_read(tmp_path: Any) -> None:
    secret = tmp_path / "graph.txt"
    secret.write_text("A -> B")
    found = answer({"ask": "read", "text": str(secret)})
    assert "A -> B" not in json.dumps(found)


@pytest.mark.parametrize(
    "entry", [e for e in ENTRIES if e.identifiable and not e.parsed_query().policies][:40], ids=lambda e: e.name
)
def test_adjustment_sets_adjust(entry: Any) -> None:
    """Each gives the truth of a random model, and none of them can do without one of its members."""
    query, graph = entry.parsed_query(), entry.parsed_graph()
    sets = adjustment_sets(query, graph)
    if not sets or len(graph) > 7:
        return
    model = CausalModel.random(graph, 3)
    joint, truth = model.observational(), model.truth(query)
    for z in sets:
        assert adjusted(query, z).evaluate(joint, query) == truth, z


def adjusted(query: idgen.Query, z: tuple[str, ...]) -> Any:
    from idgen_compiler.catalog import TextbookFormula

    names = [*query.outcomes, *query.treatments, *z]
    y, x = ", ".join(query.outcomes), ", ".join(query.treatments)
    given = ", ".join((*query.treatments, *z))
    text = f"Σ_{{{', '.join(z)}}} P({', '.join(z)}) P({y} | {given})" if z else f"P({y} | {x})"
    return TextbookFormula.parse(text, names)


def test_what_is_no_set_is_not_given() -> None:
    def sets(text: str) -> tuple[tuple[str, ...], ...]:
        return adjustment_sets(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(text))

    assert sets(NAPKIN) == ()
    assert sets("X -> M -> Y; X <-> Y") == ()
    assert sets("X -> Y; X <- A -> Z <- B -> Y") == ((),)  # nothing opens the collider
    assert sets("Z -> X -> Y; Z -> Y; X -> D") == (("Z",),)
    assert sets("Y -> X") == ((),) or sets("Y -> X") == ()  # an effect that is none

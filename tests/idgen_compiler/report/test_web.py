"""The page about a query or a sampler: its values, what it says, and that no name or label becomes markup."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, QueryError
from idgen_compiler.hinge.charts.looking import Looking
from idgen_compiler.hinge.diagnostics import Diagnostics
from idgen_compiler.hinge.diagnostics.concerns import Concern
from idgen_compiler.report.web.page import render
from idgen_compiler.report.web.panels.answers import derivation, formula
from idgen_compiler.report.web.values.answers import answer_of
from idgen_compiler.report.web.values.fits import Fitted
from idgen_compiler.report.web.values.programs import program_shown
from idgen_compiler.report.web.values.whole import Whole, of_query, of_sampler

NAPKIN = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
QUERY = idgen.Query.parse("P(Y | do(X))")
EVIL = "<script>alert(1)</script> & \"quoted\" 'name' <img src=x onerror=alert(2)> ]]> --> </title></style>"
VOID = {"meta", "img", "br", "hr", "input"}


class Tree(HTMLParser):
    """Every element with its attributes; complains of what is closed in the wrong order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> Iterator[dict[str, str | None]]:
        return (attributes for name, attributes in self.elements if name == tag)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def exact() -> Any:
    rng = np.random.default_rng(0)
    joint = idgen.Joint(("W1", "W2", "X", "Y"), (table := rng.random((2, 2, 2, 2))) / table.sum())
    return idgen.compile(QUERY, NAPKIN).fit(joint, backend="exact")


def test_a_page_is_well_formed_and_says_what_it_is_about(exact: Looking) -> None:
    tree = Tree(exact.report_page(models=2, n=500))
    ids = [attributes["id"] for _, attributes in tree.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    links = {str(each["href"])[1:] for each in tree.of("a")}
    assert links <= set(ids)
    assert {"question", "derivation", "estimand", "verification", "outcomes", "program", "optimized", "code"} <= set(
        ids
    )
    for said in ("Intervene on what cannot matter", "equal the truth in 2 of 2 models", "do(X=1)", "1 fewer"):
        assert said in tree.text, said
    assert len(list(tree.of("math"))) == 1
    headings = [int(tag[1]) for tag, _ in tree.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(headings))


def test_a_page_fetches_nothing(exact: Looking) -> None:
    page = exact.report_page(models=0, n=100)
    tree = Tree(page)
    assert [tag for tag, _ in tree.elements if tag in ("link", "iframe", "object", "embed", "base")] == []
    sources = [value for _, attributes in tree.elements for name, value in attributes.items()
               if name in ("src", "href", "xlink:href") and value]  # fmt: skip
    assert all(value.startswith(("#", "data:image/png")) for value in sources)
    assert "url(" not in page
    assert "@import" not in page


def test_a_page_holds_the_chart_library_once_and_packed_where_it_has_charts(exact: Looking) -> None:
    page = exact.report_page(models=0, n=100)
    (held,) = re.findall(r'<script type="application/gzip" id="chart-library">(.*?)</script>', page)
    script = gzip.decompress(base64.b64decode(held))
    assert b"vega" in script
    assert base64.b64encode(hashlib.sha256(script).digest()).decode() in page
    assert "unsafe-eval" not in page
    assert len(page) < 700_000
    assert "chart-library" not in idgen.report_page(QUERY, NAPKIN, models=0)


def test_charts_without_the_library_are_pictures(exact: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = exact.report_page(models=0, n=100)
    assert "pip install" in page
    assert "chart-library" not in page


def test_the_page_of_a_hedge_has_its_proof() -> None:
    tree = Tree(idgen.report_page(QUERY, idgen.ADMG.parse("X -> Y; X <-> Y")))
    for said in ("not identifiable", "Two models that prove it", "3/4 = 0.75", "the same in both"):
        assert said in tree.text, said


def test_a_hedge_without_models_is_shown_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: Any) -> None:
        raise idgen.IdgenError("the joint would be too large")

    monkeypatch.setattr("idgen_compiler.report.web.values.answers.witness", too_large)
    assert "too large" in Tree(idgen.report_page(QUERY, idgen.ADMG.parse("X -> Y; X <-> Y"))).text


def evil_graph() -> idgen.ADMG:
    return idgen.ADMG([("X", EVIL), (EVIL, "Y")], [("X", "Y")])


def evil_names(tree: Tree) -> None:
    """Names became text: no element and no attribute came of them."""
    assert [attributes for tag, attributes in tree.elements if tag == "img"] == []
    scripts = [each for each in tree.of("script") if each.get("type") not in ("application/json", "application/gzip")]
    assert len(scripts) == 1 + any(each.get("id") == "chart-library" for each in tree.of("script"))
    assert not [name for _, attributes in tree.elements for name in attributes if name.startswith("on")]
    assert "<img src=x onerror=alert(2)>" in tree.text


def test_names_of_a_graph_are_text() -> None:
    evil_names(Tree(idgen.report_page(QUERY, evil_graph(), models=1)))
    hedge = idgen.ADMG([("X", EVIL), (EVIL, "Y")], [("X", "Y"), ("X", EVIL), (EVIL, "Y")])
    evil_names(Tree(idgen.report_page(QUERY, hedge)))


def test_labels_and_columns_are_text() -> None:
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    labels = np.array([EVIL, "plain"])
    x, m = rng.integers(2, size=(2, 400))
    data = {"X": labels[x], EVIL: labels[m], "Y": labels[rng.integers(2, size=400)]}
    program = idgen.compile(idgen.Query(["Y"], ["X"]), evil_graph())
    sampler = program.fit(data, backend="torch", seed=0, progress=False, check_graph=False)
    page = sampler.report_page(models=0, n=200)  # type: ignore[attr-defined]
    evil_names(Tree(page))
    for shown in (sampler.report(), sampler.holdings):  # type: ignore[attr-defined]
        tree = Tree(shown._repr_html_())
        assert "<script>alert(1)</script>" in tree.text
        assert not list(tree.of("script")) + list(tree.of("img"))
    assert "held-out" in Tree(sampler.report()._repr_html_()).text  # type: ignore[attr-defined]
    assert "counts" in Tree(sampler.holdings._repr_html_()).text  # type: ignore[attr-defined]
    for held in re.findall(r'<script type="application/json" class="vega-lite">(.*?)</script>', page, re.DOTALL):
        assert "$schema" in json.loads(held)


def test_showing_a_sampler_trains_nothing_and_its_page_does() -> None:
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    table = {name: rng.integers(2, size=300) for name in ("W1", "W2", "X", "Y")}
    sampler: Any = idgen.compile(QUERY, NAPKIN).fit(table, train="asked", seed=0, progress=False, check_graph=False)
    assert "P(Y | do(X))" in Tree(sampler._repr_html_()).text
    assert not sampler.trained
    page = Tree(sampler.report_page(models=0, n=100)).text
    assert sampler.trained
    assert str(sampler.program.operations[-2].result) in page
    assert "trained on" in Tree(sampler._repr_html_()).text or "rows observed" in Tree(sampler._repr_html_()).text


def test_notebook_reprs_escape_names() -> None:
    graph = evil_graph()
    found = idgen.identify(QUERY, graph)
    program = idgen.compile(QUERY, graph)
    samples = idgen.Samples({EVIL: np.array([EVIL, "b"])})
    report = idgen.verify(QUERY, graph, models=1)
    for shown in (
        graph,
        idgen.Query([EVIL], ["X"]),
        found,
        found.trace,
        found.estimand,
        program,
        program.cost,
        samples,
        report,
    ):
        text = shown._repr_html_()
        assert Tree(text).elements, type(shown)
        assert "<img src=x" not in text
        assert "<script" not in text


def test_the_values_are_json(exact: Any) -> None:
    found = of_sampler(exact, models=1, n=100)
    values = json.loads(found.to_json())
    assert values["answers"][0]["asked"]["query"] == "P(Y | do(X))"
    assert values["outcomes"][0]["settings"] == ["do(X=0)", "do(X=1)"]
    assert render(found) == render(found)


def test_the_code_of_a_page_makes_the_program_again() -> None:
    for graph in (NAPKIN, evil_graph()):
        program = idgen.compile(QUERY, graph)
        names: dict[str, Any] = {}
        exec(program_shown(program).code, names)
        assert names["program"] == program
    brought = idgen.compile(QUERY, NAPKIN, bound=["Y | W1, W2, X"])
    names = {}
    exec(program_shown(brought).code, names)
    assert names["program"] == brought


def test_settings_that_a_sampler_refuses_are_refused(exact: Any) -> None:
    with pytest.raises(DataError, match="do names 'Q'"):
        of_sampler(exact, do={"Q": 1}, models=0)
    with pytest.raises(DataError, match=r"answers no query 'P\(Q\)'"):
        of_sampler(exact, query="P(Q)", models=0)


def test_settings_are_of_one_query_of_several() -> None:
    queries = [idgen.Query.parse("P(Y | do(X))"), idgen.Query.parse("P(X)")]
    joint = idgen.Joint(("Z", "X", "Y"), np.full((2, 2, 2), 1 / 8))
    sampler = idgen.compile(queries, idgen.ADMG.parse("Z -> X -> Y; Z -> Y")).fit(joint, backend="exact")
    with pytest.raises(QueryError, match=r"say by query= one of: P\(Y \| do\(X\)\); P\(X\)"):
        of_sampler(sampler, do={"X": 1}, models=0)
    for query in ("P(Y|do(X))", queries[0]):  # as loosely typed as `sample` takes it
        found = of_sampler(sampler, do={"X": 1}, query=query, models=0, n=50)
        assert [each.settings for each in found.outcomes] == [("do(X=1)",)]
        assert (found.title, len(found.answers)) == ("P(Y | do(X))", 1)


def test_several_queries_have_a_part_each() -> None:
    queries = [idgen.Query.parse("P(Y | do(X))"), idgen.Query.parse("P(X)")]
    graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y")
    joint = idgen.Joint(("Z", "X", "Y"), np.full((2, 2, 2), 1 / 8))
    page = idgen.report_page(idgen.compile(queries, graph).fit(joint, backend="exact"), models=1, n=50)
    tree = Tree(page)
    assert sum(attributes.get("class") == "query-title" for attributes in tree.of("p")) == 2
    assert "2 queries" in tree.text


def test_a_page_says_which_library_is_missing(exact: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "altair", None)
    assert "idgen-compiler[report]" in Tree(exact.report_page(models=0, n=50)).text


def test_what_is_no_sampler_is_refused(tmp_path: Path) -> None:
    for wrong, graph in ((3, None), (QUERY, None), ("P(Y)", NAPKIN)):
        with pytest.raises(idgen.QueryError, match=r"graph|made of a sampler"):
            idgen.report_page(wrong, graph)
    page = idgen.report_page(QUERY, NAPKIN, path=tmp_path / "page.html", models=0)
    assert (tmp_path / "page.html").read_text("utf-8") == page


def test_long_derivations_are_cut_with_a_word() -> None:
    graph = idgen.ADMG([(f"V{k}", f"V{k + 1}") for k in range(70)], [(f"V{k}", f"V{k + 2}") for k in range(0, 68, 2)])
    answer = answer_of(idgen.Query(["V70"], ["V0"]), graph, 0, {})
    assert len(answer.steps) + answer.more_steps > 60
    page = "".join(panel(answer, "") for panel in (derivation, formula))
    assert f"and {answer.more_steps} more steps" in page
    assert len(page) < 1_000_000


DIAGNOSTICS: dict[str, Any] = {
    "rows": 100,
    "effective_rows": 100.0,
    "judged": "new rows",
    "honesty": "Models are judged on new rows.",
    "concerns": [{"color": "yellow", "topic": "training", "where": "%m0", "said": "<b>it</b> ended early",
                  "remedy": "Train longer"}],
    "models": [{
        "operation": "%m0", "models": "Y | X", "family": "flow", "rows": 100, "judged": "new rows", "judged_rows": 50,
        "scores": [{"target": "Y", "name": "CRPS", "value": 0.2, "baseline": 0.5, "error": 0.01, "rows": 50}],
        "reliability": [["Y", {"rows": 50, "weights": [0.5, 0.5], "confidence": [0.6, 0.9], "accuracy": [0.5, 0.9],
                               "brier": 0.1, "log_loss": 0.3}]],
        "transforms": [{"target": "Y", "shares": [0.3, 0.3, 0.4], "test": {"name": "PIT", "corrected": 0.5,
                                                                            "effect": 0.1}}],
        "two_sample": {"classifier": "trees", "auc": 0.52, "error": 0.03},
        "curves": [{"fit": "Y", "held_out": [1.0, 0.5, 0.4], "learned": [1.1, 0.4, 0.3], "planned": 10}],
    }],
    "propensities": [{
        "operation": "%m0", "treatment": "X", "covariates": ["W"], "source": "the program's model %p0",
        "arms": ["0", "1"], "rows": [50, 50], "effective_rows": [40.0, 30.0], "extreme": [0.01, 0.02], "least": 0.05,
        "histograms": [{"arm": "1", "inside": [0.2, 0.8], "outside": [0.9, 0.1]}],
        "balance": [{"covariate": "W", "arm": "1", "before": 0.4, "after": 0.01}],
    }],
    "graph": [{"implication": "X _||_ W", "sentence": "X is independent of W", "functional": False, "rejected": True,
               "test": {"corrected": 0.001}}],
    "corrections": [{"asked": "E[Y]", "value": 1.0, "error": 0.1, "errors": 0.5}],
    "notes": ["the law is exact"],
}  # fmt: skip


def test_diagnostics_are_rendered_where_there_are_any() -> None:
    whole = of_query(QUERY, idgen.ADMG.parse("X -> Y"), models=0)
    fitted = Fitted((("rows", "100"),), "green", "all is there", diagnostics=DIAGNOSTICS)
    tree = Tree(render(Whole(whole.title, whole.version, whole.answers, whole.program, fitted)))
    for said in (
        "<b>it</b> ended early. Train longer.",
        "CRPS of Y",
        "AUC 0.520",
        "Reliability of Y",
        "the law is exact",
        "X is independent of W",
        "Balance before and after",
        "Training of Y",
        "Models are judged",
    ):
        assert said in tree.text, said


@pytest.mark.parametrize("color", ["yellow", "red", None])
def test_the_light_says_on_a_page_what_it_says_elsewhere(exact: Any, color: Any) -> None:
    concerns = () if color is None else (Concern(color, "rows", "", "there are few", "Take more"),)
    found = Diagnostics(9, 9.0, "nothing", concerns=concerns)
    whole = dataclasses.replace(of_sampler(exact, models=0, n=50), fitted=Fitted((), diagnostics=found.to_json()))
    said = str(found).splitlines()[0].split(": ")[1]
    assert f"{found.color} {said[:1].upper()}{said[1:]}." in Tree(render(whole)).text

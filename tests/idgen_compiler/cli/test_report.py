"""`idgen report`: a page of a sampler or of a query, where it is written, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main

ASK = ["--graph", "X -> Y", "--query", "P(Y | do(X))", "--models", "1"]


@pytest.fixture
def saved(tmp_path: Path) -> str:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    program.fit(idgen.Joint(("X", "Y"), [[0.2, 0.3], [0.1, 0.4]]), backend="exact").save(tmp_path / "fitted")
    return str(tmp_path / "fitted")


def test_a_query_has_a_page_without_a_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page.html"
    assert main(["report", *ASK, "-o", str(out)]) == 0
    assert out.read_text("utf-8").startswith("<!doctype html>")
    assert "has the report of P(Y | do(X))" in capsys.readouterr().out


def test_what_is_not_identifiable_has_a_page_and_its_exit_code(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert main(["report", "--graph", "X -> Y; X <-> Y", "--query", "P(Y | do(X))", "-o", str(out)]) == 3
    assert "Two models that prove it" in out.read_text("utf-8")


def test_values_of_a_treatment_are_shown_side_by_side(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", saved, "--do", "X=1", "--do", "X=0", "--models", "0", "-n", "50", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outcomes"][0]["settings"] == ["do(X=1)", "do(X=0)"]


def test_a_sampler_of_several_queries_has_a_page_of_all_or_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queries = [idgen.Query.parse(text) for text in ("P(Y | do(X))", "P(X)")]
    joint = idgen.Joint(("X", "Y"), [[0.2, 0.3], [0.1, 0.4]])
    idgen.compile(queries, idgen.ADMG.parse("X -> Y")).fit(joint, backend="exact").save(tmp_path / "fitted")
    asked = ["report", str(tmp_path / "fitted"), "--models", "0", "-n", "50", "-o", str(tmp_path / "page.html")]
    assert main(asked) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.endswith(
        "has the report of P(Y | do(X)); P(X) --query, as in --query 'P(Y | do(X))', makes that of one of them"
    )
    assert main([*asked, "--query", "P(X)"]) == 0
    assert 'class="query-title"' not in (tmp_path / "page.html").read_text("utf-8")
    assert main([*asked, "--do", "X=1"]) == 2
    assert "--query one of: P(Y | do(X)); P(X)" in " ".join(capsys.readouterr().err.split())


def test_a_report_is_replaced_and_nothing_else(saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page.html"
    for _ in range(2):
        assert main(["report", saved, "--models", "0", "-n", "50", "-o", str(out)]) == 0
    out.write_text("my notes")
    assert main(["report", saved, "-o", str(out)]) == 2
    assert "--force" in capsys.readouterr().err
    assert out.read_text() == "my notes"
    assert main(["report", saved, "--models", "0", "-n", "50", "-o", str(out), "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give the DIR"),
        (["--graph", "X -> Y"], "no query is given"),
        (["--graph", "X -> Y", "--query", "P(Y | do(X))", "--do", "X=1"], "ask a fitted sampler"),
        (["nowhere"], "holds no saved sampler"),
        (["nowhere", "--graph", "X -> Y"], "has its own graph"),
    ],
)
def test_what_is_refused(arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *arguments, "-o", str(tmp_path / "page.html")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()

"""Policies on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from idgen_compiler.cli import main

GRAPH = "W -> X -> Y; W -> Y"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [f"{w},{x},{y},{x + y / 4}" for w in ("f", "m") for x in (0, 1) for y in (0, 1) for _ in range(20)]
    (tmp_path / "rows.csv").write_text("\n".join(["W,X,Y,D", *rows]), encoding="utf-8")
    law = "W,X,probability\nf,0,1\nm,0,1/4\nm,1,0.75\n"
    for name, text in {
        "law": law,
        "half": "X,probability\n0,0.5\n1,0.5\n",
        "more": law.replace("1/4", "1/2"),
        "less": "W,X,probability\nf,0,1\n",
        "words": law.replace("1/4", "some"),
        "bare": "W,X\nf,0\n",
        "odd": law + "f,1,0,9\n",
        "other": law.replace("m,1", "m,2"),
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def fit(folder: Path, query: str, *more: str) -> int:
    where = ["--data", str(folder / "rows.csv"), "--out", str(folder / "sampler"), "--backend", "null"]
    return main(["fit", query, "--graph", GRAPH, *where, "--no-check-graph", *more])


@pytest.mark.parametrize("do", ["X ~ law.csv", "X ~ half.csv", "X ~ uniform", "X~uniform", "X=1", '"X" ~ law.csv'])
def test_a_policy_is_typed(folder: Path, monkeypatch: pytest.MonkeyPatch, do: str) -> None:
    monkeypatch.chdir(folder)
    assert fit(folder, "P(Y | do(X ~ pi(X | W)))") == 0
    assert main(["sample", "sampler", "-n", "3", "--do", do]) == 0


@pytest.mark.parametrize(
    ("do", "said"),
    [
        ("X ~ more.csv", "sum to 1.25, not 1 at W = 'm'"),
        ("X ~ less.csv", "no cell for W = 'm'"),
        ("X ~ words.csv", "line 3 of words.csv has the probability 'some'"),
        ("X ~ bare.csv", "has the columns W, X"),
        ("X ~ odd.csv", "line 5 of odd.csv has 4 values for 3 columns"),
        ("X ~ other.csv", "'2' is no label of X"),
        ("X ~ absent.csv", "cannot be read"),
        ("X ~ pi", "give uniform, or the .csv file"),
        ("X = X + 1", "compile P(Y | do(X = X + 1"),
        ("W ~ uniform", "do names 'W'"),
    ],
)
def test_what_is_no_policy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], do: str, said: str
) -> None:
    monkeypatch.chdir(folder)
    assert fit(folder, "P(Y | do(X ~ pi(X | W)))") == 0
    capsys.readouterr()
    assert main(["sample", "sampler", "-n", "3", "--do", do]) == 2
    found = capsys.readouterr().err
    assert said in found
    assert found.count("\n") == 1


def test_a_shift_is_typed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(folder, "P(Y | do(X = X + 1))", "--types", "X=integer") == 0
    assert "idgen sample" in capsys.readouterr().out
    assert main(["sample", str(folder / "sampler"), "-n", "3", "--do", "X = X - 1"]) == 0
    assert main(["sample", str(folder / "sampler"), "-n", "3"]) == 0


def test_a_text_is_drawn_by_a_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    rows = [f"words {i} of a report,{i % 2}" for i in range(40)]
    Path("rows.csv").write_text("\n".join(["X,Y", *rows]), encoding="utf-8")
    Path("texts.csv").write_text("X,probability\nheart normal,0.5\nlungs clear,0.5\n", encoding="utf-8")
    query = ["fit", "P(Y | do(X ~ pi(X)))", "--graph", "X -> Y", "--types", "X=text", "--backend", "null"]
    assert main([*query, "--data", "rows.csv", "--out", "sampler", "--no-check-graph"]) == 0
    assert main(["sample", "sampler", "-n", "3", "--do", "X ~ uniform"]) == 2
    assert "nothing is uniform; draw it by a table, as in --do 'X ~ law.csv'" in capsys.readouterr().err
    assert main(["sample", "sampler", "-n", "3", "--do", "X ~ texts.csv"]) == 0
    uniform, *others = [each.replace("~ pi(X)", "~ uniform") for each in query[1:]]
    assert main(["fit", uniform, *others, "--data", "rows.csv", "--out", "other", "--no-check-graph"]) == 2
    said = capsys.readouterr().err
    assert "--do" not in said
    assert "write do(X ~ pi) in the query and draw it by a table, as in --policy pi=law.csv" in said
    named = uniform.replace("uniform", "pi")
    law = ["--policy", "pi=texts.csv", "--no-check-graph"]
    assert main(["fit", named, *others, "--data", "rows.csv", "--out", "other", *law]) == 0
    assert main(["sample", "other", "-n", "3"]) == 0


def test_probability_offers_no_policies(capsys: pytest.CaptureFixture[str]) -> None:
    helps = {}
    for command in ("sample", "probability"):
        assert main([command, "--help"]) == 0
        helps[command] = capsys.readouterr().out
    assert "--do X=VALUE" in helps["probability"]
    assert "uniform" in helps["sample"]
    assert "uniform" not in helps["probability"]


def test_a_fit_takes_the_law_of_a_policy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    query = "P(W | do(X ~ pi(X | W)), Y)"
    assert fit(folder, query) == 2
    assert "pass --policy pi=law.csv to fit, with a law of X given W" in capsys.readouterr().err
    assert fit(folder, query, "--policy", "pi=law.csv") == 0
    assert main(["sample", "sampler", "-n", "3", "--given", "Y=1"]) == 0


def test_the_other_commands_read_policies(capsys: pytest.CaptureFixture[str]) -> None:
    for command, *more in (["compile"], ["compile", "--emit", "ir"], ["verify", "--models", "2"]):
        assert main([command, "P(Y | do(X ~ pi(X | W)))", "--graph", GRAPH, *more]) == 0
    assert "X := pi(W)" in capsys.readouterr().out
    assert main(["compile", "P(Y | do(X = X + 1))", "--graph", "X -> Y; X <-> Y"]) == 3

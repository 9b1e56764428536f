"""`idgen compile`, `idgen catalog` and the arguments that commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.cli import main
from idgen_compiler.cli.arguments import read_question
from idgen_compiler.cli.output.outcome import one_line
from idgen_compiler.report.stages import describe_stages

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
QUERY = "P(Y | do(X))"
Golden = Callable[[str, str], None]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_summary(capsys: pytest.CaptureFixture[str], golden: Golden) -> None:
    golden("cli/summary.txt", printed(capsys, "compile", QUERY, "--graph", NAPKIN, "-O0"))


def test_each_form_is_the_one_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    query, graph = idgen.Query.parse(QUERY), idgen.ADMG.parse(NAPKIN)
    found = {
        form: printed(capsys, "compile", QUERY, "--graph", NAPKIN, "--emit", form)
        for form in ("trace", "estimand", "latex", "ir", "influence", "json", "dot", "mermaid")
    }
    program, identification = idgen.compile(query, graph), idgen.identify(query, graph)
    assert found["trace"] == f"{identification.trace}\n"
    assert found["estimand"] == f"{identification.estimand}\n"
    assert found["latex"] == f"{identification.estimand.latex()}\n"
    assert idgen.Program.parse(found["ir"]) == program
    assert idgen.Program.from_json(json.dumps(json.loads(found["json"]))) == program
    assert found["influence"] == f"{program.adjoint()}\n"
    assert found["dot"].startswith("digraph")
    assert found["mermaid"].startswith("flowchart")


def test_summary_of_a_search(capsys: pytest.CaptureFixture[str], golden: Golden) -> None:
    """Another order of the graph saves a model; why the regeneration stays is said."""
    graph = "V1; V2; V3; V4; V1 -> V2; V2 -> V4; V1 <-> V4; V2 <-> V3"
    golden("cli/summary-conditional.txt", printed(capsys, "compile", "P(V2 | do(V1), V3, V4)", "--graph", graph))


def test_several_queries_share_one_program(capsys: pytest.CaptureFixture[str], golden: Golden) -> None:
    asked = [QUERY, "P(Y | do(W2))"]
    golden("cli/summary-several.txt", printed(capsys, "compile", *asked, "--graph", NAPKIN))
    program = idgen.compile([idgen.Query.parse(q) for q in asked], idgen.ADMG.parse(NAPKIN))
    assert printed(capsys, "compile", *asked, "--graph", NAPKIN, "--emit", "ir") == f"{program}\n"
    estimands = printed(capsys, "compile", *asked, "--graph", NAPKIN, "--emit", "estimand")
    assert [line for line in estimands.splitlines() if line.startswith("#")] == [f"# {q}" for q in asked]


def test_passes_are_those_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    query, graph = idgen.Query.parse(QUERY), idgen.ADMG.parse(NAPKIN)
    for level in (0, 1, 2):
        text = printed(capsys, "compile", QUERY, "--graph", NAPKIN, "--emit", "passes", f"-O{level}")
        assert text == f"{describe_stages(idgen.explain(query, graph, optimize=level))}\n"


def test_joint_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "compile", QUERY, "--graph", NAPKIN, "--emit", "ir", "-O0", "--joint", "X, Y")
    assert "train %obs : X, Y | W1, W2" in text


def test_level_zero_is_the_literal_program(capsys: pytest.CaptureFixture[str]) -> None:
    literal = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse(NAPKIN), optimize=False)
    for level in (["-O0"], ["-O", "0"]):
        assert printed(capsys, "compile", QUERY, "-g", NAPKIN, "--emit", "ir", *level) == f"{literal}\n"
    assert printed(capsys, "compile", QUERY, "-g", NAPKIN, "--emit", "ir", "-O1")


def test_graph_is_a_file_a_text_or_of_the_catalog(tmp_path: Path) -> None:
    path = tmp_path / "napkin.txt"
    path.write_text(NAPKIN, encoding="utf-8")
    wanted = idgen.Query.parse(QUERY), idgen.ADMG.parse(NAPKIN)
    assert read_question(QUERY, str(path)) == wanted
    assert read_question(QUERY, NAPKIN) == wanted
    assert read_question(None, "catalog:napkin") == wanted
    assert read_question("P(Y | do(W1))", "catalog:napkin")[0] == idgen.Query.parse("P(Y | do(W1))")


def test_large_answers_are_shortened(capsys: pytest.CaptureFixture[str]) -> None:
    chain = " -> ".join(f"V{k}" for k in range(60))
    text = printed(capsys, "compile", "P(V59 | do(V0))", "--graph", chain)
    assert "more" in text
    assert len(text.splitlines()) < 80


def test_not_identifiable_prints_the_hedge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", QUERY, "--graph", "X -> Y; X <-> Y"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "F = {X, Y}, F' = {Y}" in captured.err


BAD = [
    "compil",
    "compile",
    "compile P(Y|do(X)",
    "compile P(Y|do(X)) --graph",
    "compile P(Y|do(X)) --graph nowhere.dot",
    "compile P(Y|do(X)) --graph X->Y;Y->X",
    "compile P(Y|do(X)) --graph X->Y->Z->X",
    "compile P(Y|do(X)) --graph X->X;Y",
    "compile P(Y|do(X)) --graph X-Y",
    "compile P(Y|do(X) --graph X->Y",
    "compile P(Y|do(Y)) --graph X->Y",
    "compile P(Y|do(Q)) --graph X->Y",
    "compile P(|do(X)) --graph X->Y",
    "compile P(Y|do(X)) --graph X->Y -O3",
    "compile P(Y|do(X)) --graph X->Y --emit pdf",
    "compile P(Y|do(X)) --graph X->Y --joint X",
    "compile P(Y|do(X)) --graph X->Y --joint X,Z",
    "compile P(Y|do(X)) P(Y|do(X)) --graph X->Y",
    "compile --graph X->Y",
    "verify P(Y|do(X)) --graph X->Y --models 0",
    "verify P(Y|do(X)) --graph X->Y --models some",
    "fit P(Y|do(X)) --graph X->Y",
    "fit P(Y|do(X)) --graph X->Y --data d.csv --out d --types X",
    "fit P(Y|do(X)) --graph X->Y --data d.csv --out d --types X=integer --types X=vector",
    "fit P(Y|do(X)) --graph X->Y --data d.csv --out d --composite X=a,,b",
    "sample nowhere -n 10 --do X=1",
    "sample nowhere -n 10 --do X=1 --out samples.txt",
    "sample nowhere -n 10 --do X=1 --out nofolder/samples.csv",
    "demo napkn",
    "demo --rows 3",
]


def test_bad_input_is_one_line_on_stderr(
    capsys: pytest.CaptureFixture[str], golden: Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = []
    for command in BAD:
        assert main(command.split()) == 2, command
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1, captured.err
        told.append(f"$ idgen {command}\n{captured.err}")
    golden("cli/bad-input.txt", "".join(told))


def test_no_arguments_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys)
    for command in ("compile", "verify", "fit", "sample", "probability", "demo", "catalog"):
        assert command in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--version") == f"idgen {idgen.__version__}\n"


@pytest.mark.parametrize(
    "command", ["catalog show napkn", "compile --graph catalog:napkn", "verify --graph catalog:napkn"]
)
def test_unknown_entries_of_the_catalog(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == 2
    assert "no entry 'napkn'; did you mean napkin" in capsys.readouterr().err


def test_realisation_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    for realize in ("regenerate", "reweight"):
        program = printed(capsys, "compile", "--graph", "catalog:napkin", "--emit", "ir", "--realize", realize)
        assert realize in program
        assert ({"regenerate", "reweight"} - {realize}).pop() not in program


def test_catalog(capsys: pytest.CaptureFixture[str], golden: Golden) -> None:
    listed = printed(capsys, "catalog").splitlines()
    assert [line.split()[0] for line in listed[1:]] == [entry.name for entry in ENTRIES]
    golden("cli/catalog-show.txt", printed(capsys, "catalog", "show", "napkin"))


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("plain", "plain"),
        ("query, column 3: no\n  P(Y\n    ^\nwrite P(Y)", "query, column 3: no; write P(Y)"),
        ("lacks:\n  a\n  b", "lacks: a; b"),
        ("", ""),
    ],
)
def test_messages_become_one_line(message: str, line: str) -> None:
    assert one_line(message) == line

"""`idgen passes`: named passes over a program's file."""

from __future__ import annotations

from pathlib import Path

import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.passes import PASSES
from idgen_compiler.passes.pipeline import LEVELS
from tests.strategies import NAPKIN

LITERAL = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, optimize=0)


@pytest.fixture(params=["ir", "json"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_text(LITERAL.to_json() if request.param == "json" else str(LITERAL))
    return path


def test_the_passes_of_a_level_are_run_by_name(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ",".join(step.word for step in LEVELS[2])
    assert main(["passes", str(file), "--run", words]) == 0
    expected = LITERAL
    for step in LEVELS[2]:
        expected = step.apply(expected)
    assert idgen.Program.parse(capsys.readouterr().out) == expected
    assert main(["passes", str(file), "--run", words, "--emit", "json"]) == 0
    assert idgen.Program.from_json(capsys.readouterr().out) == expected


def test_models_are_put_together_on_request(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["passes", str(file), "--run", "fuse", "--joint", "X,Y"]) == 0
    assert ("X", "Y") in [model.targets for model in idgen.Program.parse(capsys.readouterr().out).models]
    assert main(["passes", str(file), "--run", "dead", "--joint", "X,Y"]) == 2
    assert "name it among those to --run" in capsys.readouterr().err


def test_without_a_file_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["passes"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(PASSES)


def test_what_cannot_be_run_is_said(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["passes", str(file), "--run", "deaf"]) == 2
    assert "no pass is called 'deaf'; did you mean dead?" in capsys.readouterr().err
    assert main(["passes", str(tmp_path / "none"), "--run", "dead"]) == 2
    (tmp_path / "old").write_text('program "P(Y)" { %obs = observe [Y] }')
    assert main(["passes", str(tmp_path / "old")]) == 2
    assert "programs of version 1 had none; compile them again" in capsys.readouterr().err

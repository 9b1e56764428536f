"""`idgen diagnose`: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.hinge.diagnostics import Diagnostics


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A saved sampler of a table that is gone."""
    x = np.random.default_rng(0).integers(2, size=800)
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    y = np.where(np.random.default_rng(1).random(800) < 0.8, x, 1 - x)
    program.fit({"X": x, "Y": y}, progress=False, seed=0).save(tmp_path / "fitted")
    return tmp_path / "fitted"


def test_it_prints_the_light_first_and_says_what_was_not_looked_at(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diagnose", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "yellow: look at this before you rely on it"
    assert "no model was judged" in lines[1]
    assert "table of the fit is not at hand" in lines[-1]


def test_fresh_rows_are_judged_on_and_json_is_read_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(2).integers(2, size=500)
    pd.DataFrame({"X": x, "Y": 1 - x}).to_parquet(folder.parent / "fresh.parquet")
    assert main(["diagnose", str(folder), "--data", str(folder.parent / "fresh.parquet"), "--json"]) == 0
    found = Diagnostics.from_json(json.loads(capsys.readouterr().out))
    assert found.color == "red"
    assert (found.judged, found.models[0].judged_rows) == ("new rows", 500)


def test_a_table_without_a_column_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder.parent / "fresh.csv").write_text("X\n1\n0\n")
    assert main(["diagnose", str(folder), "--data", str(folder.parent / "fresh.csv")]) == 2
    assert "Y" in capsys.readouterr().err

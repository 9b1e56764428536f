"""`idgen fit --place`: where models are trained."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from idgen_compiler.cli import main

QUESTION = ["fit", "P(Y | do(X))", "--graph", "X -> Y"]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("X,Y\n" + "a,c\na,d\nb,d\n" * 30)
    return path


def fit(rows: Path, out: Path, *more: str) -> int:
    return main([*QUESTION, "--data", str(rows), "--out", str(out), "--seed", "0", *more])


def test_a_place_does_not_change_what_is_saved(rows: Path, tmp_path: Path) -> None:
    assert fit(rows, tmp_path / "here") == 0
    assert fit(rows, tmp_path / "there", "--place", "processes", "--workers", "2") == 0
    saved = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("here", "there")]
    assert saved[0] == saved[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--place", "cluster"], "there is no place 'cluster'"),
        (["--place", "processes", "--workers", "0"], "workers is 0; give a whole number from 1"),
        (["--workers", "2"], "workers is 2, and --place here has none; add --place processes"),
        (["--place", "ray", "--address", "auto", "--workers", "2"], "leave it out with address"),
    ],
)
def test_a_place_that_there_is_not(
    options: list[str], said: str, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(rows, tmp_path / "out", *options) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_a_cluster_needs_a_package(
    rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert fit(rows, tmp_path / "out", "--place", "ray") == 2
    assert "needs Ray; install it with: pip install 'idgen-compiler[ray]'" in " ".join(capsys.readouterr().err.split())

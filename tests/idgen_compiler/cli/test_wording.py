"""Errors and warnings name the options of the command line, not Python's arguments."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from idgen_compiler.cli.app import _worded, main
from idgen_compiler.cli.output.wording import with_options

SAID = {
    "drop them with missing='drop', or keep missing='text'": "drop them with --missing drop, or keep --missing text",
    "say decimal=',' or decimal='.'": "say --read decimal=, or --read decimal=.",
    "delimiter=';', or its columns": "--read 'delimiter=;', or its columns",
    "such as encoding='latin-1'": "such as --read encoding=latin-1",
    "say missing_marks=['n.a.', '?'] and": "say --read 'missing_marks=n.a.,?' and",
    "say missing_marks=[-9] and": "say --read missing_marks=-9 and",
    "missing_marks=['a, b']": """--read 'missing_marks="a, b"'""",
    "say size_limit=4096 if you trust it": "say --read size_limit=4096 if you trust it",
    "types={'birth weight': 'integer'} takes": "--types '\"birth weight\"=integer' takes",
    "list the columns in composites={...}": "list the columns in --composite W=A,B",
    "pass do={'X': ..., 'W': ...}, given={'Z': ...}": "pass --do X=VALUE --do W=VALUE, --given Z=VALUE",
    "give bind={'Y | X': ...}, a callable": "give --bind 'Y | X=MODULE:NAME', a callable",
    "bind['Y | X'] is 3": "--bind 'Y | X' is 3",
    "with fallbacks=['E']": "with --fallback E",
    "as in bound=['I2 | I1', 'Y']": "as in --bound 'I2 | I1' --bound Y",
    "check out with check_graph=False": "check out with --no-check-graph",
    "compile with realize='regenerate'": "compile with --realize regenerate",
    "(images={'precision': 'no'})": "(--images precision=no)",
    "use device='cpu'": "use --device cpu",
    "latent=['U'] for ADMG.parse or compile, --latent U on the command line; if": "--latent U; if",
    "choose with query= one of: P(Y | do(X))": "choose with --query one of: P(Y | do(X))",
    "load it with load(path, families=['module:Class'])": "load it with --family module:Class",
    "bring load(path, networks={'shop:unet': its factory or module})": "bring --network shop:unet",
    "W is of kind image, over which nothing is uniform; draw it by a Law(...)": (
        "W is of kind image, over which nothing is uniform; draw it by a Law(...)"
    ),
    "a b is of kind text, over which nothing is uniform; draw it by a Law(...)": (
        "a b is of kind text, over which nothing is uniform; draw it by a table, as in --do '\"a b\" ~ law.csv'"
    ),
    "is not summed; draw with sample(n, ...) and take the shares": (
        "is not summed; draw with `idgen sample` and take the shares"
    ),
    "draw it with sample() and take the share of": "draw it with `idgen sample` and take the share of",
    "do(X=...) is 'a'; P(Y | do(X=1))": "do(X=...) is 'a'; P(Y | do(X=1))",
    "--latent U": "--latent U",
    "which is not saved; pass data= with that table": "which is not saved; pass --data with that table",
}


@pytest.mark.parametrize("message", SAID)
def test_arguments_become_options(message: str) -> None:
    assert with_options(message) == SAID[message]


def test_an_option_that_another_command_has_is_said_to_be_of_that() -> None:
    message = "choose another family={'Y': 'flow'}, or --to DIR"
    assert _worded(message, ["fit"]).endswith("--to DIR (--to is an option of idgen store)")
    assert _worded(message, ["sample"]).count("is an option of") == 1  # which has a --family of its own
    assert _worded(message, ["store", "export"]).endswith("(--family is an option of idgen fit)")


def fit(folder: Path, rows: list[list[object]], query: str = "P(Y | do(X))") -> int:
    """The exit code of a fit by the backend that trains nothing."""
    with (folder / "table.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["X", "Y"], *rows])
    out = str(folder / "out")
    return main(["fit", query, "-g", "X -> Y", "-d", str(folder / "table.csv"), "-o", out, "--backend", "null"])


def test_errors_name_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(tmp_path, [[1, 2], ["", 3]] * 20) == 2
    assert (
        "drop these rows with --missing drop, make them a category with --missing category" in capsys.readouterr().err
    )


@pytest.mark.filterwarnings("always")
def test_warnings_name_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(tmp_path, [["a", 2], ["b", 3], ["?", 3]] * 20) == 0
    assert "say --read 'missing_marks=?' and what becomes of missing values" in capsys.readouterr().err


def test_an_empty_place_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").touch()
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "P(Y)", "-g", "X -> Y", "-d", "table.csv", "-o", ""]) == 2
    assert "--out is empty or the working folder; give a new one, as in --out sampler" in capsys.readouterr().err

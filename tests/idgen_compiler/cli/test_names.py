"""On the command line: names in quotes, latent vertices, values of queries and formats of graphs."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from idgen_compiler.cli import main


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    z = rng.integers(2, size=2000)
    x = np.where(rng.random(2000) < 0.3, z, rng.integers(2, size=2000))
    y = (rng.random(2000) < 0.2 + 0.5 * x).astype(int)
    path = tmp_path_factory.mktemp("table") / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["birth weight", "dose=high", "re\u0301sultat"])
        writer.writerows(zip(z, x, y, strict=True))
    return path


GRAPH = '"birth weight" -> "dose=high" -> r\u00e9sultat; "birth weight" -> r\u00e9sultat'
QUERY = 'P(r\u00e9sultat | do("dose=high"=1))'


def test_odd_names_from_the_table_to_the_samples(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sampler"
    assert main(["fit", QUERY, "--graph", GRAPH, "--data", str(table), "--out", str(out), "--device", "cpu"]) == 0
    assert f"idgen sample {out} -n 10000\n" in capsys.readouterr().out

    def share(*options: str) -> float:
        assert main(["sample", str(out), "-n", "4000", "--seed", "1", *options]) == 0
        rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
        return float(np.mean([int(row["r\u00e9sultat"]) for row in rows]))

    assert share() == share("--do", '"dose=high"=1') == share("--do", "`dose=high`=1") == pytest.approx(0.7, abs=0.05)
    assert share("--do", '"dose=high"=0') == pytest.approx(0.2, abs=0.05)
    assert share("--query", 'P(r\u00e9sultat | do("dose=high"=0))') == pytest.approx(0.2, abs=0.05)
    assert main(["sample", str(out), "--do", '"dose\\q"=1']) == 2
    assert "a name in quotes that JSON cannot read" in capsys.readouterr().err


def test_a_hidden_cause_is_named(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = 'U -> "dose=high" -> m -> y; U -> y'
    for command in ("compile", "verify"):
        assert main([command, 'P(y | do("dose=high"))', "--graph", graph, "--latent", "U"]) == 0
    assert "m" in capsys.readouterr().out
    arguments = ["fit", "P(r\u00e9sultat)", "--graph", "U -> r\u00e9sultat", "--data", str(table)]
    assert main(["check-graph", "-g", "U -> r\u00e9sultat", "-d", str(table)]) == 2
    assert "--latent U" in capsys.readouterr().err
    assert main(["check-graph", "-g", "U -> r\u00e9sultat", "-d", str(table), "--latent", "U"]) == 0
    assert main([*arguments, "--latent", "U", "--out", str(tmp_path / "s"), "--device", "cpu"]) == 0
    for latent, told in (("V", "unknown vertex 'V'"), ("", "has an empty name"), ("r\u00e9sultat", "which is latent")):
        assert main([*arguments, "--latent", latent, "--out", str(tmp_path / "t")]) == 2
        assert told in capsys.readouterr().err
    program = tmp_path / "program.txt"
    program.write_text("x", encoding="utf-8")
    assert main(["fit", "--program", str(program), "--latent", "U", "--data", str(table), "--out", "t"]) == 2
    assert "compiled already, so that --latent changes nothing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("g.csv", "X,M\nM,Y\n"),
        ("g.txt", "Graph Nodes:\nX;M;Y\n\nGraph Edges:\n1. X --> M\n2. M --> Y\n"),
        ("g.lav", "M ~ X\n# a model\nY ~ M\n"),
        ("g.bif", "network n { } variable X { } probability ( M | X ) { } probability ( Y | M ) { }"),
        ("g.txt", "X \u2192 M --> Y"),
    ],
)
def test_a_file_in_any_format(name: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert main(["compile", "P(Y | do(X))", "--graph", str(path), "--emit", "estimand"]) == 0
    assert capsys.readouterr().out.strip() == "Σ_m P(m | x) P(y | x, m)"

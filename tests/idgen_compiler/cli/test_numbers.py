"""`idgen estimate` and `idgen effect`: the calls that they make, and what they refuse."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from idgen_compiler.cli import main
from idgen_compiler.errors import DataError
from idgen_compiler.query import Query
from idgen_compiler.warning import warn_data, warn_overlap
from tests.idgen_compiler.estimates.standardized import Standardized, drawn_table


@pytest.fixture
def sampler(monkeypatch: pytest.MonkeyPatch) -> Standardized:
    """What `idgen estimate DIR` finds in its folder."""
    found = Standardized(drawn_table(1_000, 0))
    monkeypatch.setattr("idgen_compiler.cli.numbers.estimate.loaded", lambda *_: found)
    return found


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table, and a backend that standardizes it."""
    columns = drawn_table(1_000, 0)
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([list(columns), *zip(*columns.values(), strict=True)])

    class Backend:
        def fit(self, program: Any, data: Path, **options: Any) -> Standardized:
            with data.open(encoding="utf-8") as rows:
                read = list(csv.DictReader(rows))
            held = {name: np.array([int(row[name]) for row in read]) for name in read[0]}
            weights = held[options["weights"]].astype(float) if "weights" in options else None
            return Standardized(held, str(Query.parse(program.name)), weights)

    monkeypatch.setattr("idgen_compiler.program.find_backend", lambda _: Backend())
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_mean(sampler: Standardized, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "estimate", "DIR", "E[Y]", "--do", "X=1", "--level", "0.9")
    assert found["value"] == pytest.approx(sampler.estimate("Y", do={"X": 1}).value)
    assert found["level"] == 0.9
    assert main(["estimate", "DIR", "Y", "P(Y=1)", "--do", "X=1"]) == 0
    out = capsys.readouterr().out
    assert "E[Y | do(X=1)]" in out
    assert "P(Y=1 | do(X=1))" in out


def test_contrasts(sampler: Standardized, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "estimate", "DIR", "E[Y]", "--do", "X=1", "--vs", "X=0", "--kind", "ratio")
    assert found["value"] == pytest.approx(sampler.risk_ratio("Y", "X").value)
    assert main(["estimate", "DIR", "Y", "--do", "X=1", "--vs", "X=0"]) == 0
    assert capsys.readouterr().out.startswith("E[Y | do(X=1)] - E[Y | do(X=0)] = ")


def test_effects(sampler: Standardized, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ate", "att", "atc"):
        for more in ([], ["1", "0"]):
            found = printed(capsys, "estimate", "DIR", f"--{name}", "Y", "X", *more)
            assert found["value"] == pytest.approx(getattr(sampler, name)("Y", "X").value)
    found = printed(capsys, "estimate", "DIR", "--ate", "Y", "X", "--by", "Z < 2")
    assert [each["value"] for each in found] == pytest.approx(sampler.cate("Y", "X", by="Z < 2").values)
    assert "band" in found[0]


def test_negative_numbers_are_values(sampler: Standardized, capsys: pytest.CaptureFixture[str]) -> None:
    sampler.table["X"] = np.where(sampler.table["X"] == 1, -1, 2)
    value = sampler.ate("Y", "X", -1, 2).value
    for ask in (
        ["DIR", "--ate", "Y", "X", "-1", "2", "--json"],
        ["DIR", "Y", "--level", "0.9", "X", "-1", "--ate", "2", "--json"],
        ["--json", "--ate", "--", "DIR", "Y", "X", "-1", "2"],
    ):
        assert main(["estimate", *ask]) == 0
        assert json.loads(capsys.readouterr().out)["value"] == pytest.approx(value)
    assert printed(capsys, "estimate", "DIR", "--ate", "Y", "X", "2", "-1")["value"] == pytest.approx(-value)
    assert printed(capsys, "estimate", "DIR", "Y", "--do", "X=-1", "--seed", "-1")["value"] == pytest.approx(
        sampler.estimate("Y", do={"X": -1}).value
    )


def test_labels_that_begin_with_a_minus(sampler: Standardized, capsys: pytest.CaptureFixture[str]) -> None:
    sampler.table["X"] = np.where(sampler.table["X"] == 1, "-c", "d").astype(object)
    assert main(["estimate", "DIR", "--ate", "Y", "X", "-c", "d"]) == 2
    assert "a label that begins with - stands behind all options and --" in capsys.readouterr().err
    assert main(["estimate", "--ate", "--", "DIR", "Y", "X", "-c", "d"]) == 0
    assert capsys.readouterr().out.startswith('E[Y | do(X="-c")] - E[Y | do(X=d)] = ')
    assert main(["estimate", "DIR", "--ate", "Y", "X", "d", "d", "--levle", "0.9"]) == 2
    assert "No such option: --levle" in capsys.readouterr().err


def test_a_label_is_the_one_that_is_written_so(sampler: Standardized, capsys: pytest.CaptureFixture[str]) -> None:
    sampler.table["X"] = np.where(sampler.table["X"] == 1, "01", "1").astype(object)
    wanted = sampler.estimate("Y", do={"X": "01"}).value
    assert wanted != pytest.approx(sampler.estimate("Y", do={"X": "1"}).value)
    for ask in (["--do", "X=01"], ["--query", "P(Y | do(X=01))"], ["--query", 'P(Y | do(X="01"))']):
        assert printed(capsys, "estimate", "DIR", "E[Y]", *ask)["value"] == pytest.approx(wanted)
    assert printed(capsys, "estimate", "DIR", "--ate", "Y", "X", "01", "1")["value"] == pytest.approx(
        sampler.ate("Y", "X", "01", "1").value
    )


@pytest.mark.filterwarnings("always::idgen_compiler.errors.OverlapWarning")
@pytest.mark.filterwarnings("always::idgen_compiler.errors.DataWarning")
def test_a_warning_is_told_once(
    sampler: Standardized, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands beside the numbers in text, as options of the command; in JSON it has no words of its own."""
    text, answers = "few rows: fit with missing='drop'", sampler._answers

    def warned(measures: Any, asking: Any) -> Any:
        warn_overlap(text)
        warn_data("something else")
        return replace(answers(measures, asking), warnings=(text,))

    monkeypatch.setattr(sampler, "_answers", warned)
    for ask in (["E[Y]", "--do", "X=1"], ["--ate", "Y", "X", "--by", "Z < 2"]):
        assert main(["estimate", "DIR", *ask]) == 0
        out, err = capsys.readouterr()
        assert out.count("few rows: fit with --missing drop") == 1
        assert err.splitlines() == ["idgen: warning: something else"]
        assert main(["estimate", "DIR", *ask, "--json"]) == 0
        out, err = capsys.readouterr()
        assert text in out
        assert "few rows" in err


@pytest.mark.filterwarnings("always::idgen_compiler.errors.OverlapWarning")
def test_what_was_warned_of_before_an_error_is_told(
    sampler: Standardized, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(measures: Any, asking: Any) -> Any:
        warn_overlap("few rows")
        raise DataError("no answer")

    monkeypatch.setattr(sampler, "_answers", refused)
    assert main(["estimate", "DIR", "E[Y]", "--do", "X=1"]) == 2
    assert capsys.readouterr().err.splitlines() == ["idgen: warning: few rows", "idgen: no answer"]


def test_clusters_and_methods_are_handed_on(sampler: Standardized, capsys: pytest.CaptureFixture[str]) -> None:
    sampler.table["id"] = np.arange(1_000) // 10
    found = printed(capsys, "estimate", "DIR", "--ate", "Y", "X", "--clusters", "id")
    assert found["se"] == pytest.approx(sampler.ate("Y", "X", clusters="id").se)
    assert printed(capsys, "estimate", "DIR", "Y", "--do", "X=1", "--method", "bootstrap")["method"] == "bootstrap"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["E[Q]", "--do", "X=1"], "'Q' is no outcome"),
        (["Y", "--do", "X=1", "--kind", "ratio"], "compares with --vs"),
        (["Y", "--do", "X=1", "--by", "Z"], "add --ate"),
        (["Y", "--do", "X=1", "--vs", "Z=1"], "do and versus"),
        (["Y", "--do", "X=1", "--level", "95"], "level is 95"),
        (["Y", "--do", "X=9"], "no label '9'"),
        (["--ate", "Y"], "takes Y X"),
        (["--ate", "Y", "X", "1"], "takes Y X"),
        (["--ate", "--att", "Y", "X"], "two questions"),
        (["--ate", "Y", "X", "--vs", "X=0"], "leave it out"),
        (["--att", "Y", "X", "--by", "Z"], "use --ate"),
        (["--att", "Y", "Q"], "'Q' is no treatment"),
        (["--ate", "Y", "Q"], "needs other values"),
        (["Y", "--do", "X=1", "--method", "magic"], "magic"),
    ],
)
def test_wrong_calls_are_one_line(
    sampler: Standardized, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["estimate", "DIR", *arguments]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_remedies_are_in_the_words_of_the_command_line(
    sampler: Standardized, capsys: pytest.CaptureFixture[str]
) -> None:
    sampler.table["Y"] = np.random.default_rng(0).normal(size=1_000)
    assert main(["estimate", "DIR", "Y", "--do", "X=1", "--vs", "X=0", "--kind", "ratio"]) == 2
    assert "ask for --kind difference" in capsys.readouterr().err


def test_from_a_table_to_an_effect_in_one_step(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask = ["effect", "P(Y | do(X))", "--graph", "Z -> X -> Y; Z -> Y", "--data", str(table)]
    found = printed(capsys, *ask)
    ours = Standardized(drawn_table(1_000, 0)).ate("Y", "X")
    assert (found["value"], found["low"]) == pytest.approx((ours.value, ours.low))
    assert printed(capsys, *ask, "--vs", "0,1")["value"] == pytest.approx(-ours.value)
    assert printed(capsys, *ask, "--of", "P(Y=1)", "--kind", "odds ratio")["value"] > 1
    assert printed(capsys, *ask, "--weights", "Z")["value"] != pytest.approx(ours.value)
    assert main(ask) == 0
    assert capsys.readouterr().out.startswith("E[Y | do(X=1)] - E[Y | do(X=0)]")


@pytest.mark.parametrize(
    ("query", "more", "said"),
    [
        ("P(Y | do(X))", ["--vs", "1"], "not two values"),
        ("P(Y | do(X))", ["--vs", "1,2"], "no label '2'"),
        ("P(Y)", [], "0 treatments"),
        ("P(Y | do(X, Z))", [], "2 treatments"),
        ("P(Y, Z | do(X))", [], "--of"),
        ("P(Y | do(X))", ["--of", "Q"], "'Q' is no outcome"),
    ],
)
def test_what_has_no_single_effect(
    table: Path, query: str, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["effect", query, "--graph", "Z -> X -> Y; Z -> Y", "--data", str(table), *more]) == 2
    assert said in capsys.readouterr().err


def test_what_is_not_identifiable_has_its_own_exit_code(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["effect", "P(Y | do(X))", "--graph", "X -> Y; X <-> Y", "--data", str(table)]) == 3
    assert "hedge" in capsys.readouterr().err


def test_a_backend_without_estimates_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "rows.csv", tmp_path / "sampler"
    data.write_text("X,Y\n" + "0,0\n1,1\n0,1\n" * 20, encoding="utf-8")
    common = ["P(Y | do(X))", "--graph", "X -> Y", "--data", str(data), "--backend", "null"]
    assert main(["fit", *common, "--out", str(out), "--no-check-graph"]) == 0
    capsys.readouterr()
    for arguments in (["estimate", str(out), "E[Y]", "--do", "X=1"], ["effect", *common]):
        assert main(arguments) == 2
        told = capsys.readouterr().err
        assert "gives no estimates with intervals" in told
        assert told.count("\n") == 1

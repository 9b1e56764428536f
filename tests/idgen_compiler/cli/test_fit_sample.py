"""`idgen fit` and `idgen sample`: from a table on disk to a table of samples."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.hinge.saved import HEADER


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """X, a treatment with the labels no and yes, sets Y's shape to be round more often; Z.a and Z.b confound."""
    rng, rows = np.random.default_rng(0), 2_000
    a, b = rng.integers(2, size=(2, rows))
    x = np.where(rng.random(rows) < 0.3, a, rng.integers(2, size=rows))
    y = rng.random(rows) < 0.2 + 0.5 * x
    path = tmp_path_factory.mktemp("table") / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Z.a", "kind", "X", "Y.shape", "Y.size"])
        shapes = np.where(y, "round", "flat")
        writer.writerows(zip(a, b, np.where(x == 1, "yes", "no"), shapes, a + b, strict=True))
    return path


@pytest.fixture(scope="module")
def fitted(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fitted") / "sampler"
    arguments = ["fit", "P(Y | do(X))", "--graph", "Z -> X -> Y; Z -> Y", "--data", str(table), "--out", str(out)]
    options = ["--composite", "Z=Z.a,kind", "--types", "Y.size=categorical", "--epochs", "2", "--ensemble", "1"]
    assert main([*arguments, *options, "--seed", "3", "--device", "cpu", "--rows-factor", "2"]) == 0
    return out


def test_fit_tells_what_it_did(fitted: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "other"
    assert main(["fit", "P(X)", "--graph", "X", "--data", str(table), "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "2000 rows observed" in text
    assert f"idgen sample {out}" in text


def test_samples_go_to_csv_parquet_and_standard_output(
    fitted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pyarrow import parquet

    question = ["sample", str(fitted), "-n", "500", "--do", "X=yes", "--seed", "1"]
    assert main(question) == 0
    printed = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert main([*question, "--out", str(tmp_path / "s.csv")]) == 0
    assert main([*question, "--out", str(tmp_path / "s.parquet")]) == 0
    with (tmp_path / "s.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == printed
    columns = parquet.read_table(tmp_path / "s.parquet").to_pydict()
    assert columns["Y.shape"] == [row["Y.shape"] for row in printed]
    assert [str(size) for size in columns["Y.size"]] == [row["Y.size"] for row in printed]
    assert columns["Y.shape"].count("round") / 500 == pytest.approx(0.7, abs=0.08)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.csv", "s.parquet"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--do", "X=maybe"], "no, yes"),
        (["--do", "Q=1"], "Q"),
        ([], "needs a value of X"),
        (["--given", "X=yes"], "do"),
        (["--do", "X=yes", "-n", "-1"], "-1"),
    ],
)
def test_bad_values(fitted: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", str(fitted), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in captured.err
    assert captured.err.count("\n") == 1


def test_bad_data(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = [
        "fit",
        "P(Y | do(X))",
        "--graph",
        "V -> X -> Y; V -> Y",
        "--data",
        str(table),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(question) == 2
    assert "V" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_fit_does_not_write_over_other_files(
    kind: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "precious"
    if kind == "folder":
        place.mkdir()
    (place / "text" if kind == "folder" else place).write_text("kept", encoding="utf-8")
    assert main(["fit", "P(X)", "--graph", "X", "--data", str(table), "--out", str(place)]) == 2
    assert "give a new" in capsys.readouterr().err
    assert (place / "text" if kind == "folder" else place).read_text(encoding="utf-8") == "kept"


def test_exact_samplers_read_labels_and_codes() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    table = np.full((2, 2), 0.25)
    labeled = program.fit(idgen.Joint(("X", "Y"), table, {"X": ("no", "yes")}), backend="exact")
    assert labeled.read_value("X", "yes") == "yes"
    assert labeled.read_value("Q", "yes") == "yes"
    coded = program.fit(idgen.Joint(("X", "Y"), table), backend="exact")
    assert coded.read_value("X", "1") == 1
    with pytest.raises(idgen.DataError, match="0, 1"):
        coded.read_value("X", "2")


def test_sampling_from_an_exact_sampler(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    program.fit(idgen.Joint(("X", "Y"), np.array([[0.5, 0.0], [0.0, 0.5]])), backend="exact").save(tmp_path / "exact")
    assert main(["sample", str(tmp_path / "exact"), "-n", "3", "--do", "X=1"]) == 0
    assert capsys.readouterr().out == "Y\n1\n1\n1\n"


def test_one_of_several_queries_is_sampled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queries = [idgen.Query.parse(text) for text in ("P(Y | do(X))", "P(X)")]
    program = idgen.compile(queries, idgen.ADMG.parse("X -> Y"))
    program.fit(idgen.Joint(("X", "Y"), np.array([[0.0, 0.0], [0.0, 1.0]])), backend="exact").save(tmp_path / "s")
    assert main(["sample", str(tmp_path / "s"), "-n", "2", "--query", "P(X)"]) == 0
    assert capsys.readouterr().out == "X\n1\n1\n"
    out = ["--out", str(tmp_path / "s.csv")]
    assert main(["sample", str(tmp_path / "s"), "-n", "2", "--query", "P(Y|do(X))", "--do", "X=1", *out]) == 0
    assert "2 samples of Y in" in capsys.readouterr().out
    assert main(["sample", str(tmp_path / "s"), "-n", "2"]) == 2
    assert "answers 2 queries; choose with --query one of: P(Y | do(X)); P(X)" in capsys.readouterr().err


def test_families_reach_the_backend_as_they_were_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a family's options mean is for the backend to say: braces, commas and equals signs pass unread."""
    told: dict[str, object] = {}

    def fit(self: idgen.Program, data: Path, **options: object) -> idgen.Sampler:
        told.update(options)
        raise idgen.DataError("seen enough")

    monkeypatch.setattr(idgen.Program, "fit", fit)
    wanted = {"Y": "flow{bins=16, density=mixture}", "%m1": "table", "A,B": "chain{order=(A, B)}"}
    families = [word for name, text in wanted.items() for word in ("--family", f"{name}={text}")]
    question = ["fit", "P(Y)", "--graph", "Y", "--data", "rows.csv", "--out", str(tmp_path / "out")]
    assert main([*question, *families, "--backend", "mine"]) == 2
    assert told == {"backend": "mine", "family": wanted}


def test_a_program_s_file_is_fitted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Compiled, changed by hand and fitted; it brings its own query and graph."""
    (tmp_path / "rows.csv").write_text("X,Y,Z\n" + "".join(f"{k % 2},{k % 3 % 2},{k % 5 % 2}\n" for k in range(90)))
    assert main(["compile", "P(Y | do(X))", "--graph", "Z -> X -> Y; Z -> Y", "--emit", "ir"]) == 0
    text = capsys.readouterr().out.replace("Z ~ rows %obs", "Z ~ 0")
    assert "Z ~ 0" in text
    (tmp_path / "program").write_text(text)
    rows, out = ["--data", str(tmp_path / "rows.csv")], ["--out", str(tmp_path / "s")]
    assert main(["fit", "--program", str(tmp_path / "program"), *rows, *out, "--backend", "null"]) == 0
    assert "idgen sample" in capsys.readouterr().out
    assert main(["sample", str(tmp_path / "s"), "-n", "3", "--do", "X=1"]) == 0
    capsys.readouterr()
    assert main(["fit", "P(Y | do(X))", "--program", str(tmp_path / "program"), *rows, *out]) == 2
    assert "--program brings its own query and graph" in capsys.readouterr().err
    for option, value in (("-O", "2"), ("--realize", "reweight")):
        assert main(["fit", "--program", str(tmp_path / "program"), option, value, *rows, *out]) == 2
        assert f"--program is compiled already, so that {option} changes nothing" in capsys.readouterr().err
    assert main(["fit", "P(Y | do(X))", *rows, *out]) == 2
    assert "no graph is given; add --graph FILE|TEXT" in capsys.readouterr().err


@pytest.mark.filterwarnings("default")
def test_rows_that_contradict_the_graph_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("A,X,Y\n" + "a,0,1\nb,1,0\n" * 100, encoding="utf-8")
    arguments = ["fit", "P(Y | do(X))", "--graph", "A -> Y; X -> Y", "--data", str(path), "--backend", "null"]
    assert main([*arguments, "--out", str(tmp_path / "one")]) == 0
    told = "idgen: warning: the rows contradict the graph, and the answer rests on it: A and X (Cramér's V 1.00"
    assert capsys.readouterr().err.startswith(told)
    assert main([*arguments, "--out", str(tmp_path / "other"), "--no-check-graph"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.filterwarnings("always::idgen_compiler.errors.DataWarning")
def test_how_a_table_is_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "s"
    days = [f"2020-01-{k % 28 + 1:02d}" for k in range(56)]
    rows = "".join(f"{day};{'NA' if k % 9 == 0 else 'none'};{k},5\n" for k, day in enumerate(days))
    path.write_text("day;X;Y\n" + rows, encoding="utf-16")
    fit = ["fit", "P(Y, X | do(day))", "--graph", "day -> X -> Y; day -> Y", "--data", str(path), "--backend", "null"]
    assert main([*fit, "--out", str(out)]) == 2
    assert "read from 'NA'" in capsys.readouterr().err
    for options in (["--missing", "text"], ["--missing", "category"], ["--missing", "drop", "--read", "decimal=,"]):
        assert main([*fit, "--out", str(out), *options]) == 0
        assert ("7 of 56" in capsys.readouterr().err) == ("text" not in options)
        assert main(["sample", str(out), "-n", "2", "--do", "day=2020-01-05"]) == 0
        assert capsys.readouterr().out.splitlines()[-1].endswith(("none", "NA"))
        shutil.rmtree(out)
    for options, message in (
        (["--read", "colour=red"], "--read has no 'colour'; it has delimiter, decimal, encoding"),
        (["--read", "delimiter=;;"], "delimiter is ';;'"),
        (["--read", "size_limit=much"], "size_limit is 'much'"),
        (["--images-root", str(tmp_path / "no")], "is no folder"),
    ):
        assert main([*fit, "--out", str(out), *options]) == 2
        assert message in capsys.readouterr().err
    graph = ["check-graph", "--graph", "X -> Y", "--data", str(path), "--missing", "drop"]
    assert main([*graph, "--read", "missing_marks=-9,unknown", "--read", "delimiter=;"]) == 0
    assert "7 of 56 rows lack a value" in capsys.readouterr().err


def test_a_type_may_say_ends_and_masses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "s"
    path.write_text("X,Y\n" + "".join(f"{k % 2},{max(0, k - 30) / 7:.3f}\n" for k in range(120)), encoding="utf-8")
    fit = ["fit", "P(Y | do(X))", "--graph", "X -> Y", "--data", str(path), "--out", str(out), "--backend", "null"]
    assert main([*fit, "--types", "Y=continuous[-1,]{}"]) == 0
    header = json.loads((out / HEADER).read_text(encoding="utf-8"))
    assert header["schema"]["Y"]["support"] == [-1.0, None]
    assert "masses" not in header["schema"]["Y"]
    for said, message in (
        ("continuous[0]", r"the ends are two, as in continuous\[0,\]"),
        ("continuous[a,]", "is no number"),
        ("continuous[5,]", "beyond the support"),
        ("continous[0,]", "did you mean|choose"),
    ):
        assert main([*fit, "--types", f"Y={said}"]) == 2
        assert re.search(message, capsys.readouterr().err)


def test_weights_of_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("X", "Y", "w"), *10 * [(0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4)]])
    asked = ["fit", "P(Y | do(X))", "--graph", "X -> Y", "--data", "t.csv", "--out", "s", "--weights"]
    assert main([*asked, "w", "--weights-are", "frequency"]) == 0
    assert "100 rows observed by frequency weights" in capsys.readouterr().out
    monkeypatch.chdir("/")
    observed = idgen.load(tmp_path / "s").observed()  # type: ignore[attr-defined]
    assert (observed.count, observed.frequency, observed.path) == (100, True, str(tmp_path / "t.csv"))
    monkeypatch.chdir(tmp_path)
    assert main([*asked, "w"]) == 0
    assert "40 rows observed by survey weights, 33 effective" in capsys.readouterr().out
    shown = []
    for are in ("frequency", "survey"):  # 100 rows, or 33
        compared = ["effect", *asked[1:6], "--weights", "w", "--weights-are", are, "--json"]
        assert main(compared) == 0
        shown.append(json.loads(capsys.readouterr().out))
    assert shown[0]["value"] == pytest.approx(shown[1]["value"])
    assert shown[0]["effective_rows"] > 2 * shown[1]["effective_rows"]
    for options, told in (
        (["Y"], "weights names Y, which is a variable of the graph"),
        (["v"], "weights names 'v', which is no column of the table"),
        (["w", "--backend", "exact"], "leave out --weights, and make the Joint of weighted counts"),
    ):
        assert main([*asked, *options]) == 2
        assert told in capsys.readouterr().err
    assert main([*asked[:-1], "--weights-are", "frequency"]) == 2
    assert "--weights-are frequency says what no weights are; say --weights column, too" in capsys.readouterr().err


def test_an_effect_by_a_family_and_an_effort(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [(x, 10 + 3 * x + (k % 7 - 3)) for k in range(60) for x in (0, 1)]
    with Path("t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("X", "Y"), *rows])
    asked = ["effect", "P(Y | do(X))", "--graph", "X -> Y", "--data", "t.csv", "--json", "--method", "plug-in"]
    more = ["--types", "Y=continuous", "--vs", "1,0"]
    assert main([*asked, *more, "--family", "Y=flow", "--effort", "quick"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["value"] == pytest.approx(3, abs=0.5)
    unread = (
        "--family and --effort are of models that draw, on which a number by one-step hardly rests; --method plug-in"
    )
    assert unread not in " ".join(found["notes"])
    assert main([*asked[:-2], *more, "--family", "Y=flow", "--effort", "quick"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"][0].startswith(unread)
    assert main([*asked, *more, "--family", "Y=flo"]) == 2
    assert "no kernel family is called 'flo'" in capsys.readouterr().err

"""Where `idgen fit` and `idgen sample` write: what is in the way is told before the work, and no files are lost."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_null.backend import NullSampler


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("X,Y\n" + "a,1.5\nb,2.5\n" * 20)
    return path


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """One entry for each fit that was begun."""
    begun: list[object] = []
    fit = idgen.Program.fit

    def told(self: idgen.Program, data: Any, **options: Any) -> idgen.Sampler:
        begun.append(data)
        return fit(self, data, **options)

    monkeypatch.setattr(idgen.Program, "fit", told)
    return begun


def fit(rows: Path, out: Path, *more: str) -> int:
    question = ["fit", "P(Y | do(X))", "--graph", "X -> Y", "--data", str(rows)]
    return main([*question, "--out", str(out), "--backend", "null", *more])


def file_in_the_way(out: Path) -> None:
    out.write_text("mine")


def file_above(out: Path) -> Path:
    out.write_text("mine")
    return out / "sampler"


def other_files(out: Path) -> None:
    out.mkdir()
    (out / "notes.txt").write_text("mine")


def files_beside_a_sampler(out: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    program.fit({"X": ["a", "b"], "Y": [1.5, 2.5]}, backend="null").save(out)
    (out / "notes.txt").write_text("mine")


def circle(out: Path) -> None:
    out.symlink_to(out.name)


def pipe(out: Path) -> None:
    os.mkfifo(out)


def broken_header(out: Path) -> None:
    out.mkdir()
    (out / "sampler.json").write_text("{")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (file_in_the_way, "is a file; give a new folder"),
        (file_above, "cannot be written (Not a directory)"),
        (other_files, "holds notes.txt; give a new or empty folder"),
        (files_beside_a_sampler, "holds notes.txt beside a saved sampler"),
        (circle, "is no path"),
        (pipe, "is a file; give a new folder"),
        (broken_header, "sampler.json cannot be read"),
        (lambda out: Path("/proc/idgen/sampler"), "/proc/idgen/sampler cannot be written"),
        (lambda out: Path("/"), "holds"),
        (lambda out: Path("/proc/sys"), "holds"),
        (lambda out: out / ("x" * 300), "File name too long"),
    ],
)
def test_what_is_in_the_way_is_told_before_the_training(
    make: Callable[[Path], Path | None], told: str, rows: Path, tmp_path: Path, trained: list[object],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = make(tmp_path / "out") or tmp_path / "out"
    trained.clear()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert fit(rows, out) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1
    assert trained == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("kind", ["empty", "link", "link to nothing", "sampler", "below nothing"])
def test_what_is_not_in_the_way_is_written(kind: str, rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if kind == "empty":
        out.mkdir()
    elif kind.startswith("link"):
        out.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
        if kind == "link":
            (tmp_path / "elsewhere").mkdir()
    elif kind == "sampler":
        assert fit(rows, out) == 0
    else:
        out = out / "new" / "sampler"
    assert fit(rows, out) == 0
    assert idgen.load(out).sample(3, do={"X": "a"}).size == 3
    assert out.is_symlink() == kind.startswith("link")
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]


def test_stores_have_a_folder_of_their_own(
    rows: Path, tmp_path: Path, trained: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    for inside in (tmp_path / "out", tmp_path / "out" / "kept"):
        assert fit(rows, tmp_path / "out", "--store", str(inside)) == 2
        assert "give each a folder of its own" in capsys.readouterr().err
    assert trained == []


def test_what_was_trained_is_kept_where_the_disk_fills_meanwhile(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save = NullSampler.save
    full = [tmp_path / "out"]

    def saved(self: NullSampler, path: str | Path) -> None:
        if path in full or not full:
            raise OSError(28, "No space left on device", str(path))
        save(self, path)

    monkeypatch.setattr(NullSampler, "save", saved)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert fit(rows, tmp_path / "out") == 2
    told = capsys.readouterr().err
    assert "No space left on device" in told
    assert told.count("\n") == 1
    kept = Path(told.partition("is kept in ")[2].strip())
    assert idgen.load(kept).sample(3, do={"X": "a"}).size == 3
    full.clear()
    assert fit(rows, tmp_path / "out") == 2
    assert "is lost, unless --store keeps it" in capsys.readouterr().err


def limited(arguments: list[str], most: int) -> subprocess.CompletedProcess[str]:
    """The command line in a process that may write no file of more bytes, as where a disk is full."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    command = [sys.executable, "-m", "idgen_compiler", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)


def test_a_full_disk_is_one_line(rows: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = limited(["fit", "P(Y | do(X))", "--graph", "X -> Y", "--data", str(rows), "--out", str(out),
                   "--backend", "null"], 2**16)  # fmt: skip
    assert run.returncode == 2
    assert run.stderr == f"idgen: {out} cannot be written (File too large); make room, or choose another place\n"
    assert fit(rows, out) == 0
    (tmp_path / "s.csv").write_text("mine")
    # Before the sampling, and meanwhile.
    for ending, most, n in (("csv", 2**16, 10), ("parquet", 2**16, 10), ("csv", 2**21, 1_000_000)):
        run = limited(["sample", str(out), "-n", str(n), "--do", "X=a", "--force", "--out",
                       str(tmp_path / f"s.{ending}")], most)  # fmt: skip
        assert (run.returncode, run.stderr.count("\n")) == (2, 1)
        assert "File too large" in run.stderr
    assert (tmp_path / "s.csv").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "rows.csv", "s.csv"]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda out: out.mkdir(), "is a folder; give a file"),
        (pipe, "is no file that may be written over"),
        (lambda out: out.symlink_to("/dev/full"), "is no file that may be written over"),
        (circle, "is no path"),
        (lambda out: out.parent / "nowhere" / "s.csv", "there is no folder"),
        (lambda out: Path("/proc/s.csv"), "cannot be written"),
    ],
)
def test_samples_go_where_there_is_room(
    make: Callable[[Path], Path | None], told: str, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit(rows, tmp_path / "out") == 0
    capsys.readouterr()
    file = make(tmp_path / "s.csv") or tmp_path / "s.csv"
    assert main(["sample", str(tmp_path / "out"), "-n", "5", "--do", "X=a", "--out", str(file)]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1


def test_samples_leave_the_user_s_own_files(rows: Path, tmp_path: Path) -> None:
    assert fit(rows, tmp_path / "out") == 0
    (tmp_path / "s.csv.partial").write_text("mine")
    (tmp_path / "real.csv").write_text("Y\n0.5\n")
    (tmp_path / "s.csv").symlink_to("real.csv")
    assert main(["sample", str(tmp_path / "out"), "-n", "5", "--do", "X=a", "--out", str(tmp_path / "s.csv")]) == 0
    assert (tmp_path / "s.csv.partial").read_text() == "mine"
    assert (tmp_path / "s.csv").is_symlink()
    assert len((tmp_path / "real.csv").read_text().splitlines()) == 6


@pytest.fixture
def asked(rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[int]]:
    """A command that samples, and how many samples were drawn."""
    assert fit(rows, tmp_path / "out") == 0
    drawn: list[int] = []
    sample = NullSampler.sample

    def told(self: NullSampler, n: int, *rest: Any, **more: Any) -> idgen.Samples:
        drawn.append(n)
        return sample(self, n, *rest, **more)

    monkeypatch.setattr(NullSampler, "sample", told)
    return ["sample", str(tmp_path / "out"), "-n", "5", "--do", "X=a", "--out"], drawn


@pytest.mark.parametrize("content", ["X,Y\na,1.5\n", "mine", '"Y', "\0\xff", "Y,Y\n1,2\n"])
@pytest.mark.parametrize("name", ["s.csv", "s.parquet"])
def test_no_file_is_replaced_that_holds_no_samples(
    content: str, name: str, asked: tuple[list[str], list[int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (command, drawn), file = asked, tmp_path / name
    file.write_bytes(content.encode("latin-1"))
    assert main([*command, str(file)]) == 2
    assert file.read_bytes() == content.encode("latin-1")
    assert set(drawn) == {0}
    told = capsys.readouterr().err
    assert told.startswith(f"idgen: --out {file} is there already and holds ")
    assert told.endswith("where samples have Y; give another file, or --force to replace it\n")
    assert told.count("\n") == 1
    assert main([*command, str(file), "--force"]) == 0
    assert file.read_bytes() != content.encode("latin-1")


def test_the_table_that_was_fitted_is_not_replaced(
    asked: tuple[list[str], list[int]], rows: Path, tmp_path: Path
) -> None:
    before = rows.read_bytes()
    (tmp_path / "link.csv").symlink_to(rows)
    for place in (rows, tmp_path / "link.csv"):
        assert main([*asked[0], str(place)]) == 2
    assert rows.read_bytes() == before


@pytest.mark.parametrize("name", ["s.csv", "s.parquet"])
def test_samples_replace_samples_and_empty_files(name: str, asked: tuple[list[str], list[int]], tmp_path: Path) -> None:
    (tmp_path / name).touch()
    for _ in range(2):
        assert main([*asked[0], str(tmp_path / name)]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
@pytest.mark.parametrize("command", [["sample", "out", "-n", "9", "--do", "X=a"], ["catalog"]])
def test_a_full_standard_output_is_named(command: list[str], rows: Path, tmp_path: Path) -> None:
    assert fit(rows, tmp_path / "out") == 0
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "idgen_compiler", *command],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.endswith(
        "standard output cannot be written (No space left on device); give it a place with room\n"
    )
    assert run.stderr.count("\n") == 1

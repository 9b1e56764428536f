"""How commands end: verification, interruption, warnings, closed pipes, and what starting costs."""

from __future__ import annotations

import shlex
import subprocess
import sys
import warnings
from fractions import Fraction
from typing import Any

import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.cli import verify as command
from idgen_compiler.verify import Comparison, VerificationReport, VerificationRow, verify
from idgen_compiler.verify.peer import PeerAnswer

HEAVY = ["torch", "pandas", "pyarrow", "sympy", "networkx", "y0", "matplotlib", "sklearn", "scipy", "datasets"]
FRONT_DOOR = ["--graph", "catalog:front-door"]


def test_verify_prints_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", *FRONT_DOOR, "--models", "2", "--seed", "1"]) == 0
    report = verify(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> M -> Y; X <-> Y"), models=2, seed=1)
    mine = capsys.readouterr().out.split("\ny0")[0]  # y0 orders its expression by the process's hash seed
    assert mine == str(report).split("\ny0")[0]


def test_a_difference_is_exit_code_four(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def differing(query: idgen.Query, graph: idgen.ADMG, **_: Any) -> VerificationReport:
        row = VerificationRow(0, {"program": Comparison.of(Fraction(1, 3))}, Comparison("absent"))
        return VerificationReport(query, graph, 0, (row,), PeerAnswer(failure="y0 is not installed", installed=False))

    monkeypatch.setattr(command, "verify", differing)
    assert main(["verify", *FRONT_DOOR]) == 4
    assert "NOT verified" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("message", "line"), [("", "interrupted"), ("fit interrupted at %m3", "fit interrupted at %m3")]
)
def test_interruption(
    message: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> VerificationReport:
        raise KeyboardInterrupt(message)

    monkeypatch.setattr(command, "verify", interrupted)
    assert main(["verify", *FRONT_DOOR]) == 130
    assert capsys.readouterr().err == f"idgen: {line}\n"


def test_warnings_are_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def warned(*arguments: Any, **options: Any) -> VerificationReport:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("X = 9 lies\nfar outside", idgen.OverlapWarning, stacklevel=2)
        return verify(*arguments, **options)

    monkeypatch.setattr(command, "verify", warned)
    assert main(["verify", *FRONT_DOOR, "--models", "1"]) == 0
    assert capsys.readouterr().err == "idgen: warning: X = 9 lies; far outside\n"


def test_starting_loads_nothing_heavy() -> None:
    code = f"""
import sys
from idgen_compiler.cli import main
for arguments in (["--help"], ["fit", "--help"], ["catalog"], ["demo", "--list"], ["compile", "-g", "catalog:napkin"]):
    assert main(arguments) == 0
assert [m for m in {HEAVY!r} if m in sys.modules] == []
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_package_runs_as_the_command() -> None:
    command = [sys.executable, "-m", "idgen_compiler", "compile", "P(Y | do(X))", "-g", "X -> Y; X <-> Y"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 3
    assert "hedge" in run.stdout + run.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    code = "import sys; from idgen_compiler.cli import main; sys.exit(main(['compile', '-g', 'catalog:napkin']))"
    command_line = [sys.executable, "-u", "-c", code]
    with subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
    assert errors == b""
    assert process.returncode == 141


def test_a_closed_standard_output_is_no_error() -> None:
    command = f"{shlex.quote(sys.executable)} -m idgen_compiler compile -g catalog:napkin --emit ir >&-"
    run = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert run.stderr == ""
    assert run.returncode == 0


def test_a_forgotten_catalog_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "P(Y | do(X))", "-g", "napkin"]) == 2
    assert "write --graph catalog:napkin" in capsys.readouterr().err


def test_streams_without_unicode_still_print() -> None:
    arguments = ["compile", "-g", "catalog:napkin", "--emit", "estimand"]
    code = f"import sys; from idgen_compiler.cli import main; sys.exit(main({arguments!r}))"
    run = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert b"P(y | w1, w2, x)" in run.stdout


@pytest.mark.parametrize(
    ("graph", "told"),
    [("napkin", "write --graph catalog:napkin"), (" ", "--graph is empty"), ("catalog:x", "no entry")],
)
def test_every_command_reads_a_graph_alike(graph: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = set()
    for asked in (["compile", "P(Y | do(X))"], ["verify", "P(Y | do(X))"], ["check-graph", "--data", "rows.csv"]):
        assert main([*asked, "--graph", graph]) == 2
        lines.add(capsys.readouterr().err)
    (line,) = lines
    assert told in line

"""No traceback on the command line: whatever goes wrong inside, one line says what it is and whose fault."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import idgen_compiler as idgen
from idgen_compiler.cli import compile, main
from idgen_compiler.cli.outline import commands

QUESTION = ["P(Y | do(X))", "--graph", "X -> Y"]


def registered(at: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command of an app: the words that call it, and what typer knows of it."""
    for command in at.registered_commands:
        assert command.name is not None
        yield (*path, command.name), command
    for group in at.registered_groups:
        assert group.name is not None
        assert group.typer_instance is not None
        inner = group.typer_instance
        if inner.registered_callback is not None:
            yield (*path, group.name), inner.registered_callback
        yield from registered(inner, (*path, group.name))


COMMANDS = dict(registered(commands.app))


def needed(words: tuple[str, ...]) -> list[str]:
    """A text for every argument and option without which the command does not start."""
    command: Any = typer.main.get_command(commands.app)
    for word in words:
        command = command.commands[word]
    found = [parameter for parameter in command.params if parameter.required]
    return [
        text
        for parameter in found
        for text in ([parameter.opts[0], "X"] if parameter.param_type_name == "option" else ["X"])
    ]


def failing(callback: Any, error: BaseException) -> Any:
    """The command with the same arguments, and an end that nobody foresaw."""

    @functools.wraps(callback)
    def command(*_: Any, **__: Any) -> None:
        raise error

    return command


def test_all_commands_are_found() -> None:
    names = {words[0] for words in COMMANDS}
    assert names >= {"compile", "verify", "fit", "sample", "demo", "check-graph", "catalog"}
    assert ("catalog", "show") in COMMANDS


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("error", [KeyError("W3"), RecursionError(), TypeError("unhashable\ntype")], ids=repr)
def test_a_fault_is_one_line(
    words: tuple[str, ...],
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("IDGEN_TRACEBACK", raising=False)
    monkeypatch.setattr(COMMANDS[words], "callback", failing(COMMANDS[words].callback, error))
    assert main([*words, *needed(words)]) == 70
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err
    assert told.err.startswith(f"idgen: {type(error).__name__}")
    assert "a fault of idgen" in told.err
    assert "report it" in told.err
    assert "IDGEN_TRACEBACK=1" in told.err


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("", False)])
def test_the_traceback_is_there_for_the_asking(
    value: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lost(*_: Any) -> None:
        raise KeyError("W3")

    monkeypatch.setenv("IDGEN_TRACEBACK", value)
    monkeypatch.setattr(compile, "identify", lost)
    assert main(["compile", *QUESTION]) == 70
    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith("idgen: KeyError ('W3'): this is a fault of idgen")
    assert ("Traceback (most recent call last):" in told) is shown
    assert any("in lost" in line for line in told) is shown


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (idgen.DataError("column X is empty"), 2, "idgen: column X is empty"),
        (KeyboardInterrupt(), 130, "idgen: interrupted"),
        (PermissionError(13, "Permission denied", "rows.csv"), 2, "idgen: Permission denied: rows.csv"),
        (MemoryError(), 2, "idgen: out of memory; ask for fewer rows at a time"),
        (MemoryError("7 TiB"), 2, "idgen: out of memory (7 TiB); ask for fewer rows at a time"),
    ],
)
def test_what_is_no_fault_stays_what_it_is(
    error: BaseException, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = COMMANDS["verify",]
    monkeypatch.setattr(command, "callback", failing(command.callback, error))
    assert main(["verify", *QUESTION]) == code
    assert capsys.readouterr().err == f"{line}\n"


def test_a_long_message_stays_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    command = COMMANDS["verify",]
    monkeypatch.setattr(command, "callback", failing(command.callback, ValueError("x" * 10_000)))
    assert main(["verify", *QUESTION]) == 70
    assert len(capsys.readouterr().err) < 500


def test_a_process_ends_without_a_traceback() -> None:
    code = """
import sys
from idgen_compiler.cli import compile, main
compile.identify = {}.__getitem__
sys.exit(main(["compile", "P(Y | do(X))", "--graph", "X -> Y"]))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 70
    assert "Traceback" not in run.stderr
    assert run.stderr.startswith("idgen: ")


def test_the_help_names_the_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "70 a fault of idgen itself (IDGEN_TRACEBACK=1 shows where)" in text

"""The command line as a whole: its commands, and what becomes of an error.

No command is imported here: they load when one is called, and torch, pandas and the like when it needs them.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from typer.exceptions import TyperException

import idgen_compiler
from idgen_compiler.cli.outline.root import outline
from idgen_compiler.cli.output.outcome import ExitCode, one_line
from idgen_compiler.cli.output.wording import with_homes, with_options
from idgen_compiler.errors import IdgenError, NotIdentifiable

__all__ = ["main"]

TRACEBACK = "IDGEN_TRACEBACK"
"""The environment variable that asks for the traceback of a fault."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Why a stream takes no more; files that are named say so themselves."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` are the process's own when none are given."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Σ shows ? instead
            stream.reconfigure(errors="replace")
    try:
        with _warnings_as_lines(given):
            return int(_run(given) or ExitCode.DONE)
    except NotIdentifiable as error:
        print(f"idgen: {error}", file=sys.stderr)
        return ExitCode.NOT_IDENTIFIABLE
    except IdgenError as error:
        return _bad_input(_worded(str(error), given))
    except TyperException as error:
        return _bad_input(_usage(error))
    except KeyboardInterrupt as error:
        print(f"idgen: {one_line(str(error)) or 'interrupted'}", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _leave_output()  # whoever read it has gone
        return ExitCode.BROKEN_PIPE
    except OSError as error:
        if error.filename is None and error.errno in _NO_ROOM:
            _leave_output()
            return _bad_input(f"standard output cannot be written ({error.strerror}); give it a place with room")
        return _bad_input(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
    except MemoryError as error:
        return _bad_input(f"out of memory{f' ({error})' if str(error) else ''}; ask for fewer rows at a time")
    except Exception as error:  # noqa: BLE001 - nobody should have to read a traceback to learn whose fault it is
        return _fault(error)


def _run(arguments: list[str]) -> int | None:
    command = typer.main.get_command(_app(arguments))
    try:
        with command.make_context("idgen", arguments) as context:
            result = command.invoke(context)
            sys.stdout.flush()
            return result if isinstance(result, int) else None
    except typer.Exit as end:
        return end.exit_code


def _app(arguments: list[str]) -> typer.Typer:
    """The command with all of its commands, which take long to load, or with their names alone where that will do."""
    if all(word.startswith("-") for word in arguments):
        return outline()
    from idgen_compiler.cli.outline.commands import app

    return app


def _worded(message: str, given: list[str]) -> str:
    """A message of the library in the words of the command that was given, with the homes of options that it lacks."""
    said = with_options(message, *given[:1])
    if "--" not in said or not given:
        return said
    group = typer.main.get_command(_app(given))
    commands: dict[str, typer.core.TyperCommand] = getattr(group, "commands", {})
    known = {
        name: [
            text
            for each in (one, *getattr(one, "commands", {}).values())  # of a group, such as `idgen store`, all
            for option in each.params
            for text in (*option.opts, *option.secondary_opts)
        ]
        for name, one in commands.items()
    }
    return with_homes(said, given[0], {"fit": known.pop("fit", []), **known})


def _leave_output() -> None:
    """Point standard output elsewhere, so that Python's own last flush stays silent."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage(error: TyperException) -> str:
    """What is wrong with the arguments, and whose help tells more."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "idgen"
    return f"{error.format_message().replace('Value error, ', '').rstrip('.')}; {command} --help tells more"


def _bad_input(message: str) -> int:
    print(f"idgen: {one_line(message)}", file=sys.stderr)
    return ExitCode.BAD_INPUT


def _fault(error: Exception) -> int:
    """What nobody foresaw: one line that says so, after the traceback where IDGEN_TRACEBACK asks for it."""
    if os.environ.get(TRACEBACK, "0") not in ("", "0"):
        traceback.print_exception(error)
    what = f" ({one_line(str(error)):.200})" if str(error) else ""
    print(
        f"idgen: {type(error).__name__}{what}: this is a fault of idgen {idgen_compiler.__version__}, not of "
        f"your input; please report it with the command and its files ({TRACEBACK}=1 shows the traceback)",
        file=sys.stderr,
    )
    return ExitCode.FAULT


@contextmanager
def _warnings_as_lines(given: list[str]) -> Iterator[None]:
    """Show each warning as one line on stderr, without the source line that raised it."""

    def show(message: Warning | str, category: type[Warning], *_: object) -> None:
        if issubclass(category, UserWarning):
            print(f"idgen: warning: {one_line(_worded(str(message), given))}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show  # type: ignore[assignment]  # its other parameters are not used
        yield

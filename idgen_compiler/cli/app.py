"""The command line as a whole: its commands, and what becomes of an error.

Nothing heavy is imported here or in a command's module: torch, pandas and the like load when a command needs them.
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
from typing import Annotated

import typer
from typer.exceptions import TyperException

import idgen_compiler
from idgen_compiler.cli.catalog import catalog_app
from idgen_compiler.cli.check_graph import check_graph_command
from idgen_compiler.cli.compile import compile_command
from idgen_compiler.cli.demo import demo_command
from idgen_compiler.cli.fit import fit_command
from idgen_compiler.cli.numbers.effect import effect_command
from idgen_compiler.cli.numbers.estimate import estimate_command
from idgen_compiler.cli.output.outcome import ExitCode, one_line
from idgen_compiler.cli.output.wording import with_options
from idgen_compiler.cli.passes import passes_command
from idgen_compiler.cli.probability import probability_command
from idgen_compiler.cli.sample import sample_command
from idgen_compiler.cli.verify import verify_command
from idgen_compiler.errors import IdgenError, NotIdentifiable

__all__ = ["app", "main"]

TRACEBACK = "IDGEN_TRACEBACK"
"""The environment variable that asks for the traceback of a fault."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Why a stream takes no more; files that are named say so themselves."""

app = typer.Typer(
    name="idgen",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich" if sys.stdout is not None and sys.stdout.isatty() else None,
)
app.command("compile")(compile_command)
app.command("verify")(verify_command)
app.command("fit")(fit_command)
app.command("sample")(sample_command)
app.command("probability")(probability_command)
app.command("estimate")(estimate_command)
app.command("effect")(effect_command)
app.command("demo")(demo_command)
app.command("passes")(passes_command)
app.command("check-graph")(check_graph_command)
app.add_typer(catalog_app, name="catalog")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"idgen {idgen_compiler.__version__}")
        raise typer.Exit(ExitCode.DONE)


@app.callback(invoke_without_command=True)
def idgen(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """From causal queries to executable samplers: compile, verify, fit, sample.

    Exit codes: 0 done, 2 bad input, 3 not identifiable (the hedge is printed), 4 a verification found a difference,
    70 a fault of idgen itself (IDGEN_TRACEBACK=1 shows where).
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` are the process's own when none are given."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stdout is None:  # closed by whoever started the process
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Σ shows ? instead
            stream.reconfigure(errors="replace")
    try:
        with _warnings_as_lines():
            return int(_run(given) or ExitCode.DONE)
    except NotIdentifiable as error:
        print(f"idgen: {error}", file=sys.stderr)
        return ExitCode.NOT_IDENTIFIABLE
    except IdgenError as error:
        return _bad_input(with_options(str(error), *given[:1]))
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
    command = typer.main.get_command(app)
    try:
        with command.make_context("idgen", arguments) as context:
            result = command.invoke(context)
            sys.stdout.flush()
            return result if isinstance(result, int) else None
    except typer.Exit as end:
        return end.exit_code


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
def _warnings_as_lines() -> Iterator[None]:
    """Show each warning as one line on stderr, without the source line that raised it."""

    def show(message: Warning | str, category: type[Warning], *_: object) -> None:
        if issubclass(category, UserWarning):
            print(f"idgen: warning: {one_line(with_options(str(message)))}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show  # type: ignore[assignment]  # its other parameters are not used
        yield

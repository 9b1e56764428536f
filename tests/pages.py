"""Documentation pages as programs: their blocks, how they run, and what they print.

A page's `python` blocks run from top to bottom in one namespace, in an empty folder of their own. An `output` block
after one holds what it prints, exactly. A `console` block holds commands after `$` and, below each, what it prints.
In both, a line `...` stands for any lines, and a number with decimals may differ a little: models are trained by
floating-point arithmetic, which differs between machines.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from types import ModuleType

from idgen_compiler.cli import main

__all__ = ["Block", "Run", "blocks", "matches", "renewed", "run"]

_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<language>[\w-]*)[^\n`]*\n(?P<text>.*?)^(?P=fence)[ ]*$", re.MULTILINE | re.DOTALL
)
_NUMBER = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, where the text starts in the page, and its line."""

    language: str
    text: str
    start: int
    line: int


@dataclass(frozen=True)
class Run:
    """What a page says that something prints, and what it printed; `place` is where the page says it."""

    block: Block
    expected: str
    printed: str
    place: tuple[int, int]


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [
        Block(m["language"], m["text"], m.start("text"), page.count("\n", 0, m.start()) + 1)
        for m in _FENCE.finditer(page)
    ]


def run(page: str, path: Path) -> Iterator[Run]:
    """Run a page in the current folder, and compare nothing: every promise of output with what was printed."""
    module = ModuleType(f"page_{path.stem.replace('-', '_')}")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    printed = ""
    for block in blocks(page):
        match block.language:
            case "python":
                # The line numbers of a traceback are those of the page.
                code = compile("\n" * block.line + block.text, str(path), "exec")
                printed = _captured(partial(exec, code, module.__dict__))
            case "output":
                yield Run(block, block.text, printed, (block.start, block.start + len(block.text)))
            case "console":
                yield from _console(block)


def _captured(call: Callable[[], object]) -> str:
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call()
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _console(block: Block) -> Iterator[Run]:
    place = block.start
    lines = block.text.splitlines(keepends=True)
    while lines:
        command = lines.pop(0)
        place += len(command)
        while command.endswith("\\\n"):
            place += len(lines[0])
            command = command[:-2] + lines.pop(0)
        assert command.startswith("$ "), f"a console block starts with a command after $, not {command!r}"
        expected = ""
        while lines and not lines[0].startswith("$ "):
            expected += lines.pop(0)
        yield Run(block, expected, _command(command[2:]), (place, place + len(expected)))
        place += len(expected)


def _command(text: str) -> str:
    """What a command prints, errors included; `idgen` runs in this process, which is faster."""
    words = shlex.split(text)
    if words[0] == "idgen" and not {"|", ">", "&&"} & set(words):
        out = StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            main(words[1:])
        printed = out.getvalue()
    else:
        found = subprocess.run(text, shell=True, capture_output=True, text=True, check=True)
        printed = found.stdout + found.stderr
    return "".join(f"{line.rstrip()}\n" for line in printed.splitlines())


def matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what the page says."""
    return _lines_match(expected.splitlines(), printed.splitlines())


def _lines_match(expected: Sequence[str], printed: Sequence[str]) -> bool:
    for k, line in enumerate(expected):
        if line.strip() == "...":
            return any(_lines_match(expected[k + 1 :], printed[j:]) for j in range(k, len(printed) + 1))
        if k >= len(printed) or not _line_matches(line, printed[k]):
            return False
    return len(expected) == len(printed)


def _line_matches(expected: str, printed: str) -> bool:
    if expected.rstrip() == printed.rstrip():
        return True
    if _NUMBER.sub("#", expected).split() != _NUMBER.sub("#", printed).split():
        return False
    pairs = zip(_NUMBER.findall(expected), _NUMBER.findall(printed), strict=True)
    return all(abs(float(a) - float(b)) <= _tolerance(a) for a, b in pairs)


def _tolerance(number: str) -> float:
    """Two units of the last place that is printed, or two hundredths."""
    return max(2.0 * 10.0 ** -len(number.partition(".")[2]), 0.02) * 1.001


def renewed(page: str, runs: Sequence[Run]) -> str:
    """The page with what was printed in the place of what it says."""
    for found in sorted(runs, key=lambda r: r.place, reverse=True):
        begin, end = found.place
        page = page[:begin] + found.printed + page[end:]
    return page

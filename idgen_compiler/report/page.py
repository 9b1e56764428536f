"""What people read: headings, prose, code and tables, colored in a terminal and plain text anywhere else."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich import box
from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

__all__ = ["Page"]

THEME = Theme(
    {
        "idgen.value": "cyan",
        "idgen.word": "bold magenta",
        "idgen.rule": "bold green",
        "idgen.comment": "dim",
        "idgen.label": "bold",
    }
)


class _Code(RegexHighlighter):
    """Colors of programs, traces and formulas: values, words, the algorithm's lines, comments."""

    base_style = "idgen."
    highlights = [
        r"(?P<value>%\w+)",
        r"(?P<word>\b(?:program|observe|train|regenerate|reweight|sample|do)\b|\bby(?= %))",
        r"(?m)(?P<rule>^\s*(?:line \d|IDC|ratio)(?=:))",
        r"(?m)(?P<comment>(?<= )# .*$)",
    ]


class _Console(Console):
    """A console that leaves it to the program what to do when its reader has gone."""

    def on_broken_pipe(self) -> None:
        """Raise what rich would turn into an exit."""
        raise BrokenPipeError


@dataclass(frozen=True)
class Page:
    """A page that is written from top to bottom."""

    console: Console

    @classmethod
    def on(cls, file: TextIO | None = None, *, stderr: bool = False) -> Page:
        """A page on a stream; standard output when none is given."""
        return cls(_Console(file=file, stderr=stderr, theme=THEME, highlight=False, markup=False, emoji=False))

    @classmethod
    def kept(cls, width: int) -> Page:
        """A page that looks like a terminal and is shown nowhere, to be exported as a whole."""
        console = _Console(
            file=io.StringIO(),
            record=True,
            force_terminal=True,
            width=width,
            theme=THEME,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )
        return cls(console)

    @property
    def rich(self) -> bool:
        """Whether somebody looks at it in a terminal."""
        return self.console.is_terminal

    def title(self, text: str, below: str = "") -> None:
        """What the page is about."""
        if self.rich:
            self.console.print(
                Panel(Text(text, style="bold", justify="center"), subtitle=below or None, box=box.ROUNDED)
            )
        else:
            self._plain(f"{text} -- {below}" if below else text)

    def heading(self, text: str) -> None:
        """A new section."""
        if self.rich:
            self.console.print()
            self.console.print(Rule(Text(text, style="bold"), align="left", style="dim"))
        else:
            self._plain("", text, "-" * len(text))

    def text(self, text: str = "") -> None:
        """Prose; each line is kept whole."""
        if self.rich:
            self.console.print(Text(text), soft_wrap=True)
        else:
            self._plain(text)

    def code(self, text: str) -> None:
        """A program, a trace or a formula, line by line."""
        if self.rich:
            self.console.print(_Code()(Text(text)), soft_wrap=True)
        else:
            self._plain(text)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Labels with what there is to say to each; a value of several lines stays aligned."""
        width = max((len(label) for label, _ in facts), default=0)
        for label, value in facts:
            first, *rest = value.split("\n")
            lines = [f"{label.ljust(width)}  {first}", *(" " * (width + 2) + line for line in rest)]
            if self.rich:
                text = Text("\n".join(lines))
                text.stylize("idgen.label", 0, len(label))
                self.console.print(text, soft_wrap=True)
            else:
                self._plain(*lines)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[int] = ()) -> None:
        """A table; the columns whose places are in `numbers` are aligned to the right."""
        if not self.rich:
            self._plain(*_columns([header, *rows], numbers))
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for place, name in enumerate(header):
            table.add_column(name, justify="right" if place in numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_Code()(Text(cell)) for cell in row))
        self.console.print(table)

    def _plain(self, *lines: str) -> None:
        for line in lines:
            self.console.out(line.rstrip(), highlight=False)


def _columns(rows: Sequence[Sequence[str]], numbers: Collection[int]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

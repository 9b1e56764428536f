"""How a benchmark's rows are shown in the terminal and kept in docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from rich.markup import escape
from rich.table import Table

__all__ = ["Row", "machine", "markdown", "replace_section", "table"]

Row = Mapping[str, object]
"""Column name -> value. Floats are shown with three significant digits; a column keeps the order of its first row."""


def machine() -> str:
    """What the numbers depend on: cores, memory (GiB), platform and the versions of Python, numpy and torch."""
    parts = [f"{os.cpu_count()} CPU cores"]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        parts.append(f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB memory")
    parts += [f"{platform.system()} {platform.machine()}", f"Python {platform.python_version()}"]
    for library in ("numpy", "torch"):
        try:
            parts.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            parts.append(f"no {library}")
    return ", ".join(parts)


def table(title: str, rows: Sequence[Row]) -> Table:
    """The rows as a table for the terminal."""
    shown = Table(title=title, title_justify="left")
    for column in _columns(rows):
        shown.add_column(column)
    for row in rows:
        shown.add_row(*(escape(_text(row.get(column))) for column in _columns(rows)))
    return shown


def markdown(name: str, meaning: str, rows: Sequence[Row], seconds: float) -> str:
    """The section of one benchmark: what it measures, the command, the machine and the table."""
    columns = _columns(rows)
    lines = [
        meaning.strip(),
        "",
        f"`python -m tests.benchmarks {name}` took {seconds:.0f} s on {machine()}.",
        "",
        "| " + " | ".join(columns) + " |",
        "|" + "---|" * len(columns),
    ]
    lines += [
        "| " + " | ".join(_text(row.get(column)).replace("|", "\\|") for column in columns) + " |" for row in rows
    ]
    return "\n".join(lines)


def replace_section(page: str, name: str, section: str) -> str:
    """`page` with the text between the markers of `name` replaced; a page without the markers gets them at its end."""
    start, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    block = f"{start}\n{section}\n{end}"
    between = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", flags=re.DOTALL)
    if between.search(page):
        return between.sub(lambda _: block, page)
    return f"{page.rstrip()}\n\n## {name}\n\n{block}\n"


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)

"""Put the referee's questions to tools.

    python -m tests.referee                       # the tools, and how far each has come
    python -m tests.referee TOOL... --part real   # ask; what has a result is not asked again
    python -m tests.referee --write               # renew the tables of docs/referee.md from the results
    python -m tests.referee --cases FOLDER        # the questions as plain files, for a tool that is not here

Results are kept beside this file; environments and scratch files go to out/referee, or the folder that IDGEN_REFEREE
names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.benchmarks import report
from tests.referee import page
from tests.referee.case import write_case
from tests.referee.parts import PARTS
from tests.referee.referee import ask_part
from tests.referee.results import results_of
from tests.referee.tools import TOOLS


def main(
    chosen: Annotated[list[str] | None, typer.Argument(metavar="TOOL...", help="names, or all")] = None,
    part: Annotated[list[str] | None, typer.Option(help="real, discrete or pictures; all by default")] = None,
    write: Annotated[bool, typer.Option("--write", help="renew the tables of docs/referee.md")] = False,
    cases: Annotated[Path | None, typer.Option(help="a folder for the questions as files")] = None,
) -> None:
    """Ask tools, and print what was found."""
    console = Console()
    parts = list(dict.fromkeys(part or PARTS))
    if unknown := (set(chosen or ()) - {*TOOLS, "all"}) | (set(parts) - set(PARTS)):
        raise typer.BadParameter(
            f"no {', '.join(sorted(unknown))}; tools: {', '.join(TOOLS)}; parts: {', '.join(PARTS)}"
        )
    if cases is not None:
        for one in parts:
            for problem in PARTS[one]():
                write_case(cases / one / problem.case.name.replace(" ", "-"), problem.case, problem.table())
        return
    for name in TOOLS if chosen and "all" in chosen else dict.fromkeys(chosen or ()):
        for one in parts:
            if one in TOOLS[name].parts:
                ask_part(TOOLS[name], one, tell=lambda line: console.print(line, highlight=False, markup=False))
    if write:
        if lost := page.lost(page.PAGE.read_text("utf-8")):
            named = "; ".join(f"{one}: {', '.join(tools)}" for one, tools in lost.items())
            raise typer.BadParameter(
                f"the page has rows of tools without results, which would be lost ({named}); ask them"
            )
        page.PAGE.write_text(page.page_of(page.PAGE.read_text("utf-8")), encoding="utf-8")
    elif not chosen:
        rows = [
            {"tool": name} | {one: len(results_of(name, one)) if one in tool.parts else "-" for one in PARTS}
            for name, tool in TOOLS.items()
        ]
        console.print(report.table("results", rows))


if __name__ == "__main__":
    typer.run(main)

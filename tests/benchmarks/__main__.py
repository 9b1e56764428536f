"""Run benchmarks by name.

Each is a module `bench_NAME.py` beside this file: its docstring says what is measured and against what, and its
`run(quick)` returns the rows of one table, a mapping from column to value each; `PAGE`, where there is one, is the page
of the docs that keeps them. `quick` asks for a run of seconds that
shows that the benchmark works; its numbers are not for the docs.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests import benchmarks
from tests.benchmarks import report

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
PREFIX = "bench_"


def names() -> list[str]:
    """The benchmarks that there are, sorted."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX))


def main(
    chosen: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="names, or all")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="seconds, to see that it works")] = False,
    write: Annotated[bool, typer.Option("--write", help="keep the results in docs/benchmarks.md")] = False,
) -> None:
    """Run benchmarks and print their tables; without a name, list them."""
    console = Console()
    known = names()
    if not chosen:
        console.print("benchmarks:", ", ".join(known) or "none yet")
        return
    unknown = set(chosen) - {*known, "all"}
    if unknown:
        raise typer.BadParameter(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    if quick and write:
        raise typer.BadParameter("a quick run is not for the docs: leave out --quick or --write")
    console.print(report.machine(), style="dim", highlight=False)
    for name in known if "all" in chosen else dict.fromkeys(chosen):
        module = importlib.import_module(f"tests.benchmarks.{PREFIX}{name}")
        meaning = inspect.getdoc(module) or ""
        start = time.perf_counter()
        rows = module.run(quick=quick)
        seconds = time.perf_counter() - start
        if not rows:
            console.print(f"{name}: skipped, its data are not here")
            continue
        console.print(report.table(f"{name}: {meaning.splitlines()[0]} ({seconds:.1f} s)", rows))
        if write:  # after each benchmark, so that an interrupted run loses only its last one
            path = getattr(module, "PAGE", PAGE)
            page = report.replace_section(path.read_text("utf-8"), name, report.markdown(name, meaning, rows, seconds))
            path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)

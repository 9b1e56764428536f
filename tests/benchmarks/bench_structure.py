"""The structure of the code, measured from its imports: type-only ones and those inside functions count.

Rooms are the folders and modules right inside the compiler, and a backend package each; an arrow is an import from one
room to another, up where it leads to a higher floor of the lint's layers. Files and functions are those of the compiler
and the backends.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

from tests.benchmarks.report import Row

Floors = tuple[tuple[str, ...], ...]
Arrows = frozenset[tuple[str, str]]
DOCS = Path(__file__).parents[2] / "docs"


def run(quick: bool) -> list[Row]:
    sys.path.append(str(DOCS))
    from extensions import imports

    packages = imports.packages()
    files = [file for package in packages for file in imports.modules_of(package).values()]
    found = [i for package in packages for i in imports.imports_of(package)]
    lines = [len(file.read_text("utf-8").splitlines()) for file in files]
    return [
        _row("rooms", len(imports.rooms_of("idgen_compiler")) + len(packages) - 1, "at most 26"),
        _row("floors of the compiler", len(imports.floors("idgen_compiler")), ""),
        _row("arrows between the compiler's rooms", len(imports.arrows("idgen_compiler")), ""),
        _row("arrows that lead up", _upward(imports.floors, imports.arrows), "0"),
        _row("circles of modules", int(_has_circle({(i.tail, i.head) for i in found})), "0"),
        _row("imports of our own modules inside functions", sum(i.inner for i in found), "at most 6"),
        _row("files", len(files), ""),
        _row("most files flat in a folder", max(Counter(file.parent for file in files).values()), "at most 14"),
        _row("lines of the median file", int(median(lines)), "at most 110"),
        _row("lines of the largest file", max(lines), "at most 360"),
        _row("lines of the longest function", max(map(_longest, files)), "at most 60"),
    ]


def _row(what: str, number: int, bar: str) -> Row:
    return {"what": what, "number": number, "bar": bar}


def _upward(floors: Callable[[str], Floors], arrows: Callable[[str], Arrows]) -> int:
    found = 0
    for package in ("idgen_compiler", "idgen_torch"):
        floor = {room: k for k, rooms in enumerate(floors(package)) for room in rooms}
        found += sum(a in floor and b in floor and floor[a] > floor[b] for a, b in arrows(package))
    return found


def _has_circle(pairs: set[tuple[str, str]]) -> bool:
    below: dict[str, set[str]] = {}
    for tail, head in pairs:
        below.setdefault(tail, set()).add(head)
    try:
        TopologicalSorter(below).prepare()
    except CycleError:
        return True
    return False


def _longest(file: Path) -> int:
    nodes = ast.walk(ast.parse(file.read_text("utf-8")))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return max(((node.end_lineno or node.lineno) - node.lineno + 1 for node in functions), default=0)

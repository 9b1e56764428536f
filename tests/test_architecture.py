"""The house as it stands is the one that docs/architecture.md describes and the lint's layers allow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "architecture.md").read_text("utf-8")
CONTAINERS = {"The compiler": "idgen_compiler", "The torch backend": "idgen_torch"}
FAMILIES = "Inside `families`"


@pytest.fixture
def imports(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    import extensions.imports

    module: ModuleType = extensions.imports
    return module


def rows(section: str) -> list[tuple[str, str]]:
    """The first two cells of the tables of a section: a room, and its floor or package."""
    return re.findall(r"^\| `(\w+)` \| `?([\w-]+)`? \|", section, flags=re.MULTILINE)


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def listed(package: str) -> list[tuple[str, str]]:
    if package == "idgen_torch.families":
        return rows(section("The torch backend").split(FAMILIES)[1])
    title = next(title for title, name in CONTAINERS.items() if name == package)
    return rows(section(title).split(FAMILIES)[0])


@pytest.mark.parametrize("package", [*CONTAINERS.values(), "idgen_torch.families"])
def test_the_page_has_the_rooms_of_the_lint_in_its_order(imports: ModuleType, package: str) -> None:
    floors = imports.floors(package)
    drawn = [(room, str(len(floors) - k)) for k, floor in enumerate(floors) for room in floor]
    assert [(room, floor) for room, floor in listed(package) if floor != "-"] == drawn


@pytest.mark.parametrize("package", CONTAINERS.values())
def test_the_page_has_every_room_once(imports: ModuleType, package: str) -> None:
    assert sorted(room for room, _ in listed(package)) == sorted(imports.rooms_of(package))


def test_the_page_has_every_module_of_the_families(imports: ModuleType) -> None:
    inside = {name.split(".")[2] for name in imports.modules_of("idgen_torch") if name.count(".") > 1
              and name.split(".")[1] == "families"}  # fmt: skip
    assert sorted(room for room, _ in listed("idgen_torch.families")) == sorted(inside)


def test_the_page_has_the_small_backends(imports: ModuleType) -> None:
    found = {(module, package) for module, package in rows(section("The backends"))}
    small = [package for package in imports.packages() if package not in CONTAINERS.values()]
    assert found == {(room, package) for package in small for room in imports.rooms_of(package)}
    assert set(re.findall(r"^\| `(idgen_\w+)` \|", section("The backends"), flags=re.MULTILINE)) == {
        package for package in imports.packages() if package != "idgen_compiler"
    }


def test_every_room_of_the_compiler_is_on_a_floor(imports: ModuleType) -> None:
    assert {room for floor in imports.floors("idgen_compiler") for room in floor} == imports.rooms_of("idgen_compiler")


@pytest.mark.parametrize("package", CONTAINERS.values())
def test_no_arrow_leads_up(imports: ModuleType, package: str) -> None:
    """Neighbors of one floor may know each other where the lint says so; then the test of circles has to do."""
    floor = {room: k for k, rooms in enumerate(imports.floors(package)) for room in rooms}
    drawn = [(a, b) for a, b in imports.arrows(package) if a in floor and b in floor]
    assert [(a, b) for a, b in drawn if floor[a] > floor[b]] == []
    rooms = TopologicalSorter({a: {b for x, b in imports.arrows(package) if x == a} for a in imports.rooms_of(package)})
    rooms.prepare()


def test_backends_know_the_compiler_alone(imports: ModuleType) -> None:
    pairs = {(i.tail.split(".")[0], i.head.split(".")[0]) for p in imports.packages() for i in imports.imports_of(p)}
    assert {b for a, b in pairs if a == "idgen_compiler"} == {"idgen_compiler"}
    assert {b for a, b in pairs if a != b} == {"idgen_compiler"}


def test_no_circle_of_modules(imports: ModuleType) -> None:
    below: dict[str, set[str]] = {}
    for package in imports.packages():
        for found in imports.imports_of(package):
            below.setdefault(found.tail, set()).add(found.head)
    TopologicalSorter(below).prepare()


def test_imports_are_read_as_written(imports: ModuleType) -> None:
    found = {(i.tail, i.head) for i in imports.imports_of("idgen_compiler")}
    assert ("idgen_compiler.lower", "idgen_compiler.rewrites.weights") in found
    assert ("idgen_compiler.program", "idgen_compiler.ir") in found


def test_rooms_are_few(imports: ModuleType) -> None:
    backends = len(imports.packages()) - 1
    assert len(imports.rooms_of("idgen_compiler")) + backends <= 32


def files(imports: ModuleType) -> list[Path]:
    return [file for package in imports.packages() for file in imports.modules_of(package).values()]


def test_folders_are_small(imports: ModuleType) -> None:
    folders = [file.parent for file in files(imports)]
    assert [folder.name for folder in set(folders) if folders.count(folder) > 14] == []


def test_files_are_short(imports: ModuleType) -> None:
    lines = {file: len(file.read_text("utf-8").splitlines()) for file in files(imports)}
    assert median(lines.values()) <= 110
    assert [file for file, length in lines.items() if length > 360] == []


def test_functions_are_short(imports: ModuleType) -> None:
    lengths = {name: length for file in files(imports) for name, length in functions(file)}
    assert {name: length for name, length in lengths.items() if length > 60} == {}


def functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{file.parent.name}/{file.name}: {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_imports_stand_at_the_top(imports: ModuleType) -> None:
    assert sum(found.inner for package in imports.packages() for found in imports.imports_of(package)) <= 6

"""What the modules of a package import, read from their source: type-only imports and those inside functions too.

A *room* is a module or folder right inside a package, and a *floor* what the lint's layers put on one height.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["ROOT", "Import", "arrows", "floors", "imports_of", "modules_of", "packages", "room_of", "rooms_of"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Import:
    """One module imports another; `inner` where that stands inside a function."""

    tail: str
    head: str
    inner: bool


@cache
def packages() -> Mapping[str, Path]:
    """The packages of the product and their folders."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    places = [ROOT, ROOT / "backends"]
    return {name: next(p / name for p in places if (p / name).is_dir()) for name in lint["root_packages"]}


@cache
def modules_of(package: str) -> Mapping[str, Path]:
    """The modules of a package by name, with the files that they are."""
    folder = packages()[package]
    found = {}
    for file in sorted(folder.rglob("*.py")):
        parts = (package, *file.relative_to(folder).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def rooms_of(package: str) -> frozenset[str]:
    """The folders and modules right inside a package, without those whose names are in underscores."""
    names = {name.split(".")[1] for name in modules_of(package) if "." in name}
    return frozenset(name for name in names if not name.startswith("__"))


@cache
def floors(container: str) -> tuple[tuple[str, ...], ...]:
    """The rooms of a package, floor by floor from the top, as the lint's contract of layers has them."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    contract = next(c for c in lint["contracts"] if c["type"] == "layers" and c["containers"] == [container])
    return tuple(tuple(re.findall(r"\w+", layer)) for layer in contract["layers"])


@cache
def imports_of(package: str) -> tuple[Import, ...]:
    """Every import of a module of the product by a module of this package."""
    known = {name for other in packages() for name in modules_of(other)}
    found = []
    for module, file in modules_of(package).items():
        tree = ast.parse(file.read_text("utf-8"))
        inner = {
            node
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            for head in _heads(node, known):
                found.append(Import(module, head, node in inner))
    return tuple(found)


def _heads(node: ast.AST, known: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in known)
    if isinstance(node, ast.ImportFrom) and node.module:
        names = (f"{node.module}.{alias.name}" for alias in node.names)
        yield from dict.fromkeys(name if name in known else node.module for name in names if node.module in known)


def room_of(module: str) -> str:
    """The room of a module: its first name inside the package, or the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def arrows(package: str) -> frozenset[tuple[str, str]]:
    """Which room of a package imports which other one."""
    rooms = rooms_of(package)
    inside = (i for i in imports_of(package) if i.head.split(".")[0] == package)
    pairs = {(room_of(i.tail), room_of(i.head)) for i in inside}
    return frozenset((a, b) for a, b in pairs if a != b and a in rooms and b in rooms)

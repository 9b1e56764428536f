"""The list of equivalent mutants holds none that can no longer be made, and the tests that kill the rest load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mutants.__main__ import MODULES, ROOT
from tests.mutants.changes import mutants_of
from tests.mutants.killing import survives
from tests.mutants.survivors import EQUIVALENT


def source(name: str) -> str:
    """The text of one module."""
    path = ROOT.joinpath("idgen_compiler", *name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path.read_text(encoding="utf-8")


def changes(name: str) -> Iterator[str]:
    """Every change to one module, as the list has it."""
    for mutant in mutants_of(f"idgen_compiler.{name}", source(name)):
        yield f"{name}: no {mutant.before}" if mutant.after == "pass" else f"{name}: {mutant.after}"


def test_what_is_changed_and_what_kills_it_are_there() -> None:
    assert callable(survives)  # which imports every test that is to notice
    assert all(source(name) for name in MODULES)
    assert {change.partition(": ")[0] for change in EQUIVALENT} <= set(MODULES)


@pytest.mark.slow
def test_every_equivalent_mutant_can_be_made() -> None:
    possible = {change for name in MODULES for change in changes(name)}
    assert set(EQUIVALENT) - possible == set()

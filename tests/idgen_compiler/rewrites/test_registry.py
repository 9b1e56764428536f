"""No rewrite escapes: what the package defines is in the registry, and the levels are put together from it."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module
from inspect import getdoc, isabstract
from pkgutil import iter_modules

import pytest

from idgen_compiler import rewrites
from idgen_compiler.rewrites import REWRITES, Rewrite
from idgen_compiler.rewrites.pipeline import LEVELS


def test_every_rewrite_is_registered() -> None:
    modules = [import_module(f"{rewrites.__name__}.{module.name}") for module in iter_modules(rewrites.__path__)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    defined = {kind for kind in kinds if issubclass(kind, Rewrite) and not isabstract(kind)}
    assert {type(rewrite) for rewrite in REWRITES.values()} == defined


def test_levels_are_made_of_registered_rewrites() -> None:
    used = {id(rewrite) for sequences in LEVELS.values() for sequence in sequences for rewrite in sequence}
    # What a user brings is bound before any level's own rewrites.
    assert used == {id(rewrite) for name, rewrite in REWRITES.items() if name != "Bind"}


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_is_a_frozen_value_that_states_its_theorem(name: str) -> None:
    rewrite = REWRITES[name]
    assert rewrite.name == name
    assert rewrite == type(rewrite)()
    assert hash(rewrite) == hash(type(rewrite)(**{f.name: f.default for f in fields(rewrite)}))  # type: ignore[arg-type]
    before, after = (getdoc(rewrite) or "").find("Before:"), (getdoc(rewrite) or "").find("After:")
    assert 0 < before < after


def test_levels_are_numbered_and_expansion_is_bounded() -> None:
    assert list(LEVELS) == [0, 1, 2]
    assert LEVELS[0] == ((),)
    assert REWRITES["Expand"] == rewrites.Expand(depth=2, breadth=12)

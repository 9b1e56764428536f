"""No pass escapes: what the package defines is in the registry, and the levels are put together from it."""

from __future__ import annotations

from importlib import import_module
from inspect import getdoc, isabstract
from pkgutil import iter_modules

import pytest

from idgen_compiler import passes
from idgen_compiler.errors import ProgramError
from idgen_compiler.passes import PASSES, Pass
from idgen_compiler.passes.pipeline import LEVELS
from idgen_compiler.passes.registry import named


def test_every_pass_is_registered() -> None:
    modules = [import_module(f"{passes.__name__}.{module.name}") for module in iter_modules(passes.__path__)]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    defined = {kind for kind in kinds if issubclass(kind, Pass) and not isabstract(kind)}
    assert {type(step) for step in PASSES.values()} == defined


def test_levels_are_made_of_registered_passes() -> None:
    used = {step for sequence in LEVELS.values() for step in sequence}
    assert used == {step for word, step in PASSES.items() if word != "fuse"}, "fuse is asked for by its groups"


@pytest.mark.parametrize("word", PASSES)
def test_a_pass_is_a_frozen_value_with_an_example(word: str) -> None:
    step = PASSES[word]
    assert step.word == word
    assert step == type(step)()
    assert hash(step) == hash(type(step)())
    text = getdoc(step) or ""
    assert 0 < text.find("Before:") < text.find("After:")


def test_passes_are_named_in_a_text() -> None:
    assert [step.word for step in named("dead, share dead")] == ["dead", "share", "dead"]
    assert named("") == ()
    with pytest.raises(ProgramError, match="no pass is called 'deaf'; did you mean dead"):
        named("dead,deaf")

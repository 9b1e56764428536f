"""Running the tests on a changed module, in a process of its own."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Sequence
from types import ModuleType

import hypothesis  # noqa: F401  # loaded once, before the processes part
import numpy  # noqa: F401
import opt_einsum  # noqa: F401
import pytest

from tests.mutants.changes import Mutant

__all__ = ["SELECTION", "survives"]

SELECTION = (
    "tests/laws",
    "tests/idgen_compiler/graph/test_separation.py",
)
"""The tests that are run on each mutant: quick, and meant for these modules."""

OPTIONS = ("-x", "-q", "--assert=plain", "--tb=no", "-p", "no:cacheprovider")

SECONDS = 30
"""A mutant that computes for longer hangs, and so is noticed."""


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from changed source."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self.mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.source, f"<mutant of {self.mutant.module}>", "exec"), module.__dict__)


def survives(mutant: Mutant | None, selection: Sequence[str] = SELECTION) -> bool:
    """Whether all tests pass with a mutant in the place of its module (None: with the program as it is).

    Must be called before anything of the compiler is imported. Source: DeMillo, Lipton and Sayward (1978).
    """
    if "idgen_compiler" in sys.modules:
        raise RuntimeError("the compiler is imported already, so that a changed module would not be seen")
    child = os.fork()
    if child == 0:
        _run(mutant, selection)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _run(mutant: Mutant | None, selection: Sequence[str]) -> None:
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        if mutant is not None:
            sys.meta_path.insert(0, _Changed(mutant))
        code = int(pytest.main([*OPTIONS, *selection]))
    finally:
        os._exit(code)

"""The examples in the docstrings of this room run, and everything public that an ADMG does has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil

import pytest

from idgen_compiler import ADMG, graph
from idgen_compiler.graph.masks import MaskGraph

FOR_ALGORITHMS = {"key", "mask_of", *vars(MaskGraph)}


def _examples() -> list[doctest.DocTest]:
    modules = [importlib.import_module(m.name) for m in pkgutil.walk_packages(graph.__path__, f"{graph.__name__}.")]
    return [test for module in modules for test in doctest.DocTestFinder().find(module) if test.examples]


@pytest.mark.parametrize("example", _examples(), ids=lambda example: example.name)
def test_examples_run(example: doctest.DocTest) -> None:
    for package in ("networkx", "y0"):
        if package in example.name:
            pytest.importorskip(package)
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert "".join(said) == ""


def test_every_public_member_of_an_admg_has_an_example() -> None:
    members = {name: member for name, member in inspect.getmembers_static(ADMG) if not name.startswith("_")}
    bare = {name for name, member in members.items() if ">>>" not in (inspect.getdoc(getattr(ADMG, name)) or "")}
    assert bare - FOR_ALGORITHMS == set()

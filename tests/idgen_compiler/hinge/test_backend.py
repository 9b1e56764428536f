"""Backends are found by their names, and say what they miss."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

import idgen_compiler as idgen
from idgen_compiler.hinge import backend
from idgen_compiler.hinge.backend import find_backend, installed_backends


def test_installed_backends_are_named() -> None:
    assert {"exact", "torch"} <= set(installed_backends())
    assert list(installed_backends()) == sorted(installed_backends())


def test_an_unknown_backend_has_near_misses() -> None:
    with pytest.raises(idgen.IdgenError, match=r"no backend 'exat' is installed; did you mean exact\?"):
        find_backend("exat")
    with pytest.raises(idgen.IdgenError, match="no backend None is installed; known names: exact"):
        find_backend(None)  # type: ignore[arg-type]


def test_a_backend_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("mine", "nosuchlibrary:Backend", backend.GROUP)
    monkeypatch.setattr(backend, "entry_points", lambda group: [point])
    with pytest.raises(
        idgen.IdgenError, match=r"'mine' needs nosuchlibrary; install it with: pip install 'idgen-compiler\[mine\]'"
    ):
        find_backend("mine")

"""Whatever the description of a server allows it answers, and whatever it does not it refuses, in documented ways."""

from __future__ import annotations

import pytest

pytest.importorskip("schemathesis")

from pathlib import Path

from idgen_compiler.serving.http.app import application
from idgen_compiler.serving.limits import Limits
from idgen_compiler.serving.loader import Loader
from tests.idgen_compiler.serving.probing import probed

EXAMPLES = 15
"""So many for each operation, in each of several ways; the benchmark has more."""

KINDS = ("several_folder", "every_folder")


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_found(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    app = application(folder, limits=Limits(rows=50))
    try:
        assert probed(app, EXAMPLES, but=("/estimate",)) == []
    finally:
        app.state.server.close()


@pytest.mark.parametrize("name", ["exact_folder", "several_folder", "trained_folder"])
def test_all_that_is_allowed_is_answered(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    app = application(folder, limits=Limits(rows=50))
    try:
        assert probed(app, EXAMPLES, plain=True, but=("/estimate",)) == []
        assert app.state.server.metrics.rows._value.get() > EXAMPLES
    finally:
        app.state.server.close()


def test_nothing_is_found_in_estimates(exact_folder: Path) -> None:
    app = application(exact_folder, Loader("tests.idgen_compiler.serving.trials:trial"))
    try:
        assert probed(app, EXAMPLES, but=("/sample", "/program", "/health", "/metrics")) == []
    finally:
        app.state.server.close()

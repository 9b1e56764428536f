"""Whatever the description of a server allows it answers, and whatever it does not it refuses, in documented ways."""

from __future__ import annotations

import pytest

pytest.importorskip("schemathesis")

from pathlib import Path

from idgen_compiler.serving.http.app import application
from idgen_compiler.serving.limits import Limits
from tests.idgen_compiler.serving.probing import probed

KINDS = ("exact_folder", "several_folder", "every_folder", "trained_folder")


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_found(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    app = application(folder, limits=Limits(rows=50))
    try:
        assert probed(app, examples=25) == []
    finally:
        app.state.server.close()

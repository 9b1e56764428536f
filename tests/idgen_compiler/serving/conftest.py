"""Samplers that are saved once, and clients of applications that serve them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from starlette.testclient import TestClient

import idgen_compiler as idgen
from idgen_compiler.serving.http.app import application
from tests.idgen_compiler.serving import samplers

Client = Callable[..., TestClient]


def _saved(make: Callable[[Path], object]) -> Any:
    """A folder with a sampler, made once."""

    @pytest.fixture(scope="session")
    def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
        found = tmp_path_factory.mktemp("saved") / "sampler"
        make(found)
        return found

    return folder


exact_folder = _saved(samplers.exact)
several_folder = _saved(samplers.several)
every_folder = _saved(samplers.every_kind)
trained_folder = _saved(samplers.trained)


@pytest.fixture
def client() -> Iterator[Client]:
    """A client of the sampler in a folder, with the options of `application`."""
    with ExitStack() as stack:

        def made(folder: Path, **options: Any) -> TestClient:
            app = application(folder, **options)
            return stack.enter_context(TestClient(app, "http://localhost", raise_server_exceptions=False))

        yield made


@pytest.fixture
def exact(exact_folder: Path) -> idgen.Sampler:
    return idgen.load(exact_folder)

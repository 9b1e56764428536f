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


@pytest.fixture(scope="session")
def exact_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exact") / "sampler"
    samplers.exact(folder)
    return folder


@pytest.fixture(scope="session")
def several_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several") / "sampler"
    samplers.several(folder)
    return folder


@pytest.fixture(scope="session")
def every_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("every") / "sampler"
    samplers.every_kind(folder)
    return folder


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "sampler"
    samplers.trained(folder)
    return folder


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

"""What every test shares: deterministic properties, golden files, and the markers `gpu` and `slow`."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterable

# One thread for each test process: workers do not fight over cores, and sums are added in one order.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import hypothesis
import pytest

from tests import goldens
from tests.browser import browser, tab

__all__ = ["browser", "tab"]  # fixtures, for every test

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="rewrite the golden files with what the tests produce")
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        _skip(items, "slow", "slow: runs with --slow")
    if any("gpu" in item.keywords for item in items) and not _cuda_is_available():
        _skip(items, "gpu", "needs CUDA")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name under tests/golden; `--bless` writes the file instead.

    golden("compile/napkin.ir", str(program))
    """
    bless = bool(request.config.getoption("--bless"))
    return lambda name, text: goldens.compare(goldens.FOLDER / name, text, bless=bless)


def _skip(items: Iterable[pytest.Item], keyword: str, reason: str) -> None:
    for item in items:
        if keyword in item.keywords:
            item.add_marker(pytest.mark.skip(reason=reason))


def _cuda_is_available() -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()

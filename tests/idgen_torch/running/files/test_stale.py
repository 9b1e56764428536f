"""A fit says what it trains again although the store has a model of its name, and why; once, where it is news."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from idgen_compiler.errors import StoreWarning
from idgen_torch import TorchBackend
from tests.idgen_torch import programs
from tests.idgen_torch.programs import BACK_DOOR

DATA = programs.back_door_data(200)


def told(store: Path, **options: Any) -> list[str]:
    how = {"data": DATA, "family": {"*": "table"}, "seed": 0, "progress": False} | options
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        TorchBackend().fit(BACK_DOOR, store=store, device="cpu", check_graph=False, **how)
    return [str(each.message) for each in found if issubclass(each.category, StoreWarning)]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"data": {**DATA, "Y": 1 - DATA["Y"]}}, r"other rows of Y\)"),
        (
            {"data": {name: np.concatenate([v, v[:7]]) for name, v in DATA.items()}},
            r"other rows of .*\(200 rows then, 207 now\)",
        ),
        ({"weights": np.arange(200) % 3 + 1.0}, "other weights"),
        ({"family": {"*": "table", "Y": "classifier"}, "epochs": 1, "ensemble": 1}, "another family"),
    ],
)
def test_what_is_stale_is_named_with_the_reason(tmp_path: Path, change: dict[str, Any], expected: str) -> None:
    assert told(tmp_path) == []
    (text,) = told(tmp_path, **change)
    assert "they were trained again" in text
    assert "Y | " in text
    assert re.search(expected, text), text
    assert told(tmp_path, **change) == []
    assert told(tmp_path) == []


def test_what_was_asked_for_is_no_news(tmp_path: Path) -> None:
    told(tmp_path)
    assert told(tmp_path, seed=1) == []
    assert told(tmp_path, smoothing=2.0) == []


def test_other_versions_are_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(tmp_path)
    monkeypatch.setattr("idgen_torch.running.files.opened.versions", lambda: {"python": "3.99.0", "torch": "9"})
    (text,) = told(tmp_path)
    assert "other versions" in text


def test_the_training_says_that_it_is_made_again(tmp_path: Path) -> None:
    told(tmp_path)
    seen: list[str] = []
    told(
        tmp_path,
        data={**DATA, "Y": 1 - DATA["Y"]},
        family={"*": "classifier"}, epochs=1, ensemble=1,
        progress=lambda operation, *rest: seen.append(operation),
    )  # fmt: skip
    assert any("(again: the one of" in operation for operation in seen)

"""Answers that are judged, one line of JSON each, in one file a tool and a part; what is there is not asked again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "KEPT", "add", "results_of"]

FOLDER = Path(os.environ.get("IDGEN_REFEREE", Path(__file__).parents[2] / "out" / "referee"))
"""Ignored by git: environments and scratch files."""

KEPT = Path(__file__).parent / "kept"
"""The results, which the page is made of: whoever asks one tool again need not ask all of them."""


def _file(tool: str, part: str, folder: Path) -> Path:
    return folder / f"{tool}.{part}.jsonl"


def results_of(tool: str, part: str, folder: Path = KEPT) -> dict[str, dict[str, Any]]:
    """The results of a tool by the name of the case; of two lines the later counts; none where nothing ran."""
    file = _file(tool, part, folder)
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    return {found["case"]: found for found in map(json.loads, lines)}


def add(tool: str, part: str, result: Mapping[str, Any], folder: Path = KEPT) -> None:
    """Keep one result, at once."""
    file = _file(tool, part, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(result) + "\n")

"""Parts of a long benchmark, each made once: an interrupted run goes on from what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["made_once"]


def made_once(path: Path, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What the JSON file has, where it was made before; otherwise it is made, and kept there."""
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return kept
    found = dict(make())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found) + "\n", encoding="utf-8")
    return found

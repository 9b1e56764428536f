"""Golden files: small texts that people read and review, compared with what the code produces."""

from __future__ import annotations

from pathlib import Path

import pytest

__all__ = ["FOLDER", "compare"]

FOLDER = Path(__file__).parent / "golden"


def compare(path: Path, text: str, *, bless: bool) -> None:
    """Fail the test if the file does not hold `text`; with `bless`, make it hold it.

    A final newline is added where `text` has none.
    """
    text = text if text.endswith("\n") else text + "\n"
    if bless:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return
    if not path.exists():
        pytest.fail(f"no golden file {path}: read what the test produces, then run pytest --bless\n\n{text}")
    assert text == path.read_text(encoding="utf-8"), f"differs from {path}; renew it with pytest --bless"

"""A golden file is compared, its absence names the remedy, and blessing renews it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.goldens import compare


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="--bless"):
        compare(tmp_path / "napkin.ir", "program", bless=False)


def test_blessing_writes_what_then_compares(tmp_path: Path) -> None:
    path = tmp_path / "compile" / "napkin.ir"
    compare(path, "program", bless=True)
    compare(path, "program\n", bless=False)
    assert path.read_text(encoding="utf-8") == "program\n"


def test_a_difference_fails(tmp_path: Path) -> None:
    path = tmp_path / "napkin.ir"
    compare(path, "program", bless=True)
    with pytest.raises(AssertionError, match="renew it"):
        compare(path, "another program", bless=False)

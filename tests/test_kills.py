"""A process that is killed while it writes loses nothing and leaves nothing lying; the benchmark `kills` kills more."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

import pytest

from tests.kills import KINDS, Kind, Outcome, killed

pytest.importorskip("diffusers")
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.mark.parametrize("name", KINDS)
def test_a_kill_loses_nothing(name: str, tmp_path: Path) -> None:
    kind, random = KINDS[name], Random(name)
    for k in range(4 if kind.forever else 2):
        folder = tmp_path / (str(k) if not kind.forever else "one")
        folder.mkdir(exist_ok=True)
        if kind.forever and not k:
            kind.work(folder)
        assert killed(kind, folder, random) == Outcome("", "")


def test_what_is_lost_is_found(tmp_path: Path) -> None:
    def careless(folder: Path) -> None:
        (folder / "scratch").touch()
        (folder / "kept").write_text("")
        time.sleep(0.3)
        (folder / "kept").write_text("whole")
        (folder / "scratch").unlink()

    def check(folder: Path) -> None:
        assert (folder / "kept").read_text() == "whole"

    kind = Kind("careless", careless, check, "kept", 0.2, forever=False)
    outcome = killed(kind, tmp_path, Random(0))
    assert "AssertionError" in outcome.lost
    assert outcome.left == "scratch"

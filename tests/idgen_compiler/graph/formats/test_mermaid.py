"""Mermaid: a flowchart that marks what is fixed and what is confounded."""

from __future__ import annotations

from collections.abc import Callable

from idgen_compiler.graph import ADMG

FIXED = ADMG.parse("W1 -> W2 -> X -> end.y; X <-> W1 <-> end.y").intervened(["X"])


def test_a_drawing(golden: Callable[[str, str], None]) -> None:
    golden("graph/napkin.mmd", FIXED.to_mermaid())

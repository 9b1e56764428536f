"""Comparing programs before and after a pass."""

from __future__ import annotations

from idgen_compiler.graph import ADMG
from idgen_compiler.program import Program
from idgen_compiler.verify import CausalModel

__all__ = ["same_answer"]


def same_answer(a: Program, b: Program, graph: str, seed: int = 0) -> bool:
    """Whether two programs run exactly give one kernel on a random model of a graph."""
    joint = CausalModel.random(ADMG.parse(graph), seed).observational()
    left, right = (p.check().fit(joint, backend="exact").kernel() for p in (a, b))  # type: ignore[attr-defined]
    return bool(left == right)

"""This compiler's numbers with intervals, by the program's derivative; nothing is trained that no number needs."""

from __future__ import annotations

from typing import Any

from ours import compiled, place, types, versions
from serve import CannotAskError

__all__ = ["answer", "versions"]


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    """The contrast, with the interval that `contrast` gives by default."""
    program = compiled(case, reply)
    if not case["contrast"]:
        raise CannotAskError("no number is asked")
    high, low = (place(case, case["asks"][k]) for k in case["contrast"])
    with reply.clock("interval"):
        options = {"types": types(case, program), "seed": case["seed"], "device": "cpu", "progress": False}
        sampler = program.fit(columns, train="asked", check_graph=False, **options)
        outcome = case["query"]["outcomes"][0]
        found = sampler.contrast(outcome, do=high["do"], versus=low["do"], given=high["given"])
    reply.contrast(found.value, found.low, found.high)
    reply.words("; ".join(map(str, found.warnings)))

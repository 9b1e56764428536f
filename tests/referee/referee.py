"""One tool is asked one part of the benchmark: the way from a question to a line of results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from tests.referee import results
from tests.referee.asking import Asked, Served, served_by
from tests.referee.environments import NotInstallable, python_of
from tests.referee.parts import PARTS, Problem
from tests.referee.tools import Tool

__all__ = ["ask_part", "judged"]

ROOT = Path(__file__).parents[2]


def ask_part(
    tool: Tool,
    part: str,
    folder: Path = results.FOLDER,
    kept: Path = results.KEPT,
    problems: Iterable[Problem] | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Ask what has no result yet, and keep each result at once.

    A tool that cannot be installed or imported has one result, in the words of pip or of the import.
    """
    had = results.results_of(tool.name, part, kept)
    asked = islice(PARTS[part]() if problems is None else problems, tool.most.get(part))
    waiting = [problem for problem in asked if problem.case.name not in had]
    if not waiting:
        return
    if not tool.adapter:
        for problem in waiting:
            if problem.experiment is not None:
                results.add(tool.name, part, judged(problem, Asked(problem.experiment(), 0.0, 0.0)), kept)
        return
    try:
        python = python_of(tool, folder)
        path = "" if tool.environment else f"{ROOT}:{ROOT / 'backends'}"
        with served_by(python, tool.adapter, tool.seconds, folder / "scratch" / tool.name, path) as served:
            for problem in waiting:
                found = _one(served, problem)
                results.add(tool.name, part, found, kept)
                tell(f"{tool.name}: {_told(found)}")
    except NotInstallable as error:
        tell(f"{tool.name}: not installable: {error}")
        results.add(tool.name, part, {"case": "", "verdict": "not installable", "words": str(error)}, kept)


def _one(served: Served, problem: Problem) -> dict[str, Any]:
    start = time.perf_counter()
    asked = served.ask(problem.case, problem.table())
    return judged(problem, asked) | {"wall": round(time.perf_counter() - start, 3), "versions": served.versions}


def judged(problem: Problem, asked: Asked) -> dict[str, Any]:
    """A result: the verdict, the words, the distances, the seconds, the memory."""
    answer, case = asked.answer, problem.case
    found: dict[str, Any] = {"case": case.name, "kind": case.kind, "verdict": answer.verdict, "words": answer.words}
    try:
        scores = problem.judge(answer) if answer.verdict == "answered" else {}
    except (ValueError, TypeError, KeyError) as error:
        found |= {"verdict": "failed", "words": f"not an answer to what was asked: {error}"}
        scores = {}
    found |= {what: round(value, 6) if isinstance(value, float) else value for what, value in scores.items()}
    found |= {f"{what} s": round(value, 4) for what, value in answer.seconds.items()}
    return found | {"cpu": round(asked.cpu, 3), "memory": round(asked.memory)}


def _told(found: Mapping[str, Any]) -> str:
    shown = {key: value for key, value in found.items() if key not in ("case", "kind", "versions") and value != ""}
    return f"{found['case']}: " + ", ".join(f"{key} {value}" for key, value in shown.items())

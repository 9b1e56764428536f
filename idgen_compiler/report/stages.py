"""The stages of a compilation in writing: what each rewrite and pass left, and what it saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise

from idgen_compiler.compile import Compilation, Stage
from idgen_compiler.ir.cost import Cost

__all__ = ["describe_stages", "saved"]


def describe_stages(compilation: Compilation) -> str:
    """Every stage with its cost: the estimand while it is rewritten, and the program, where they changed."""
    return "\n\n".join(_sections(compilation))


def saved(before: Cost, after: Cost) -> str:
    """What became of each count: `models 4 -> 3, inputs 7 -> 5`; empty where nothing changed."""
    pairs = ((f.name, getattr(before, f.name), getattr(after, f.name)) for f in fields(Cost))
    return ", ".join(f"{name} {old} -> {new}" for name, old, new in pairs if old != new)


def _sections(compilation: Compilation) -> Iterator[str]:
    first, *_ = compilation.stages
    yield f"literal: {_counts(first.cost)}\n{_shown(first)}"
    for before, after in pairwise(compilation.stages):
        name = f"{after.name} ({compilation.posing})" if after.name == "Pose" else after.name
        same_formula = after.estimand is None or _formula(before) == _formula(after)
        if before.program.operations == after.program.operations and same_formula:
            yield f"{name}: nothing to do"
        else:
            yield f"{name}: {saved(before.cost, after.cost) or 'the same counts'}\n{_shown(after)}"


def _counts(cost: Cost) -> str:
    return ", ".join(f"{f.name} {getattr(cost, f.name)}" for f in fields(Cost))


def _formula(stage: Stage) -> str | None:
    return str(stage.estimand) if stage.estimand is not None else None


def _shown(stage: Stage) -> str:
    return "\n".join(filter(None, (_formula(stage), str(stage.program))))

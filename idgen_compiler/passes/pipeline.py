"""Named pipelines: which passes run at which level, and what each saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from idgen_compiler.passes.base import P, Pass
from idgen_compiler.passes.registry import named

__all__ = ["LEVELS", "run"]

LEVELS: dict[int, tuple[Pass, ...]] = {
    0: (),
    1: named("share dead renumber"),
    2: named("share rows dead align renumber"),
}
"""The passes of each optimization level, in order."""


def run(program: P, passes: Sequence[Pass], after: Callable[[str, P, P], None] | None = None) -> P:
    """Run passes between two verifications each; `after(name, before, after)` is told of every one.

    Raises ProgramError when a pass leaves a program that does not verify.
    """
    program.check()
    for step in passes:
        new = step.apply(program)
        if new is not program:
            new.check()
        if after is not None:
            after(step.name, program, new)
        program = new
    return program

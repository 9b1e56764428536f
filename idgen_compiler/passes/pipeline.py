"""Named pipelines: which passes run at which level, and what each saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from idgen_compiler.passes.align import AlignDraws
from idgen_compiler.passes.base import P, Pass
from idgen_compiler.passes.dead import DropDead
from idgen_compiler.passes.renumber import Renumber
from idgen_compiler.passes.rows import ResampleRows
from idgen_compiler.passes.share import Share

__all__ = ["LEVELS", "run"]

LEVELS: dict[int, tuple[Pass, ...]] = {
    0: (),
    1: (Share(), DropDead(), Renumber()),
    2: (Share(), ResampleRows(), DropDead(), AlignDraws(), Renumber()),
}
"""The passes of each optimisation level, in order. Adding one is one file and one line here."""


def run(program: P, passes: Sequence[Pass], after: Callable[[str, P, P], None] | None = None) -> P:
    """Run passes between two verifications each; `after(name, before, after)` is told of every one.

    Raises ProgramError when a pass leaves a program that does not verify.
    """
    program.check()
    for step in passes:
        new = step.apply(program).check()
        if after is not None:
            after(step.name, program, new)
        program = new
    return program

"""Every pass by its word: levels are put together from these, and the tests of the law run over them all."""

from __future__ import annotations

from collections.abc import Mapping

from idgen_compiler.errors import ProgramError, near_misses
from idgen_compiler.passes.align import AlignDraws
from idgen_compiler.passes.base import Pass
from idgen_compiler.passes.dead import DropDead
from idgen_compiler.passes.fuse import Fuse
from idgen_compiler.passes.renumber import Renumber
from idgen_compiler.passes.rows import ResampleRows
from idgen_compiler.passes.share import Share

__all__ = ["PASSES", "named"]

PASSES: Mapping[str, Pass] = {
    step.word: step for step in (Share(), ResampleRows(), DropDead(), AlignDraws(), Fuse(), Renumber())
}
"""Word -> the pass with its options as they are by default."""


def named(words: str) -> tuple[Pass, ...]:
    """The passes of a text such as "share, dead", in its order.  Raises ProgramError for a word that is no pass.

    >>> [step.name for step in named("share, dead")]
    ['Share', 'DropDead']
    """
    found = []
    for word in words.replace(",", " ").split():
        if word not in PASSES:
            raise ProgramError(f"no pass is called {word!r}{near_misses(word, PASSES)}")
        found.append(PASSES[word])
    return tuple(found)

"""Which rewrites run at which optimization level, and in which orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.rewrites.registry import REWRITES
from idgen_compiler.rewrites.rewrite import Rewrite

__all__ = ["LEVELS", "run"]


def _named(names: str) -> tuple[Rewrite, ...]:
    return tuple(REWRITES[name] for name in names.split())


LEVELS: Mapping[int, tuple[tuple[Rewrite, ...], ...]] = {
    0: ((),),
    1: (_named("Minimize Merge Exchange Eliminate Hoist"),),
    # Observing single conditionals first may split a group that elimination takes as a whole, and the other way round
    # elimination may sample by a network what could be observed: both orders are tried, the cheaper program is kept.
    2: (
        _named("Minimize Merge Exchange Eliminate Expand Hoist Collapse"),
        _named("Minimize Merge Eliminate Exchange Eliminate Expand Hoist Collapse"),
    ),
}
"""The sequences of rewrites of each optimization level; where there are several, the cheapest result is kept.

What a user brings is bound before all of them, at every level.
"""


def run(
    kernel: Kernel,
    rewrites: Sequence[Rewrite],
    after: Callable[[str, Kernel], None] | None = None,
    known: dict[tuple[Rewrite, Kernel], Kernel] | None = None,
) -> Kernel:
    """Apply rewrites one after the other; `after(name, kernel)` is told of every result.

    `known` remembers what each left of which kernel, from sequence to sequence.
    """
    known = {} if known is None else known
    for rewrite in rewrites:
        if (rewrite, kernel) not in known:
            known[rewrite, kernel] = rewrite.apply(kernel)
        kernel = known[rewrite, kernel]
        if after is not None:
            after(rewrite.name, kernel)
    return kernel

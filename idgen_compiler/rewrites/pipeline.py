"""Which rewrites run at which optimisation level, and in which orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.rewrites.collapse import Collapse
from idgen_compiler.rewrites.eliminate import Eliminate
from idgen_compiler.rewrites.expand import Expand
from idgen_compiler.rewrites.hoist import Hoist
from idgen_compiler.rewrites.merge import Merge
from idgen_compiler.rewrites.minimise import Minimise
from idgen_compiler.rewrites.observe import Observe
from idgen_compiler.rewrites.rewrite import Rewrite

__all__ = ["LEVELS", "run"]

LEVELS: dict[int, tuple[tuple[Rewrite, ...], ...]] = {
    0: ((),),
    1: ((Minimise(), Merge(), Observe(), Eliminate(), Hoist()),),
    # Observing single conditionals first may split a group that elimination takes as a whole, and the other way round
    # elimination may sample by a network what could be observed: both orders are tried, the cheaper program is kept.
    2: (
        (Minimise(), Merge(), Observe(), Eliminate(), Expand(), Hoist(), Collapse()),
        (Minimise(), Merge(), Eliminate(), Observe(), Eliminate(), Expand(), Hoist(), Collapse()),
    ),
}
"""The sequences of rewrites of each optimisation level; where there are several, the cheapest result is kept."""


def run(kernel: Kernel, rewrites: Sequence[Rewrite], after: Callable[[str, Kernel], None] | None = None) -> Kernel:
    """Apply rewrites one after the other; `after(name, kernel)` is told of every result."""
    for rewrite in rewrites:
        kernel = rewrite.apply(kernel)
        if after is not None:
            after(rewrite.name, kernel)
    return kernel

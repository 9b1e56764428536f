"""Every rewrite by its name: levels are put together from these, and the tests of the law run over them all."""

from __future__ import annotations

from collections.abc import Mapping

from idgen_compiler.rewrites.bind import NOTHING
from idgen_compiler.rewrites.collapse import Collapse
from idgen_compiler.rewrites.eliminate import Eliminate
from idgen_compiler.rewrites.exchange import Exchange
from idgen_compiler.rewrites.expand import Expand
from idgen_compiler.rewrites.hoist import Hoist
from idgen_compiler.rewrites.merge import Merge
from idgen_compiler.rewrites.minimize import Minimize
from idgen_compiler.rewrites.rewrite import Rewrite

__all__ = ["REWRITES"]

REWRITES: Mapping[str, Rewrite] = {
    rewrite.name: rewrite
    for rewrite in (NOTHING, Minimize(), Merge(), Exchange(), Eliminate(), Expand(), Hoist(), Collapse())
}
"""Name -> the rewrite with its options as they are by default."""

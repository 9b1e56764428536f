"""Rewrites of the estimand: the same law, said with less."""

from idgen_compiler.rewrites.collapse import Collapse
from idgen_compiler.rewrites.eliminate import Eliminate
from idgen_compiler.rewrites.exchange import Exchange
from idgen_compiler.rewrites.expand import Expand
from idgen_compiler.rewrites.hoist import Hoist
from idgen_compiler.rewrites.merge import Merge
from idgen_compiler.rewrites.minimize import Minimize
from idgen_compiler.rewrites.registry import REWRITES
from idgen_compiler.rewrites.rewrite import Rewrite, regenerated

__all__ = [
    "REWRITES",
    "Collapse",
    "Eliminate",
    "Expand",
    "Hoist",
    "Merge",
    "Minimize",
    "Exchange",
    "Rewrite",
    "regenerated",
]

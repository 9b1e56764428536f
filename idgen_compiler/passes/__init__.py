"""Passes: program to program, each keeping the law of every sampler."""

from idgen_compiler.passes.align import AlignDraws
from idgen_compiler.passes.base import Pass, with_values
from idgen_compiler.passes.dead import DropDead
from idgen_compiler.passes.fuse import Fuse
from idgen_compiler.passes.registry import PASSES
from idgen_compiler.passes.renumber import Renumber
from idgen_compiler.passes.rows import ResampleRows
from idgen_compiler.passes.share import Share

__all__ = ["PASSES", "AlignDraws", "DropDead", "Fuse", "Pass", "Renumber", "ResampleRows", "Share", "with_values"]

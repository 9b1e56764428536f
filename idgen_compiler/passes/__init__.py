"""Passes: program to program, each keeping the law of every sampler."""

from idgen_compiler.passes.base import Pass
from idgen_compiler.passes.dead import DropDead
from idgen_compiler.passes.rows import ResampleRows
from idgen_compiler.passes.share import Share

__all__ = ["DropDead", "Pass", "ResampleRows", "Share"]

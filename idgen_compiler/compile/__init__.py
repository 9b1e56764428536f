"""The story of the compiler: query -> identification -> estimand -> program."""

from idgen_compiler.compile.stages import Compilation, Stage
from idgen_compiler.compile.story import compile, explain

__all__ = ["Compilation", "Stage", "compile", "explain"]

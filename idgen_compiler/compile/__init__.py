"""The story of the compiler: query -> identification -> estimand -> program."""

from idgen_compiler.compile.equal import alternatives, equal_programs
from idgen_compiler.compile.stages import Compilation, Stage
from idgen_compiler.compile.story import compile, explain
from idgen_compiler.program import Program

__all__ = ["Compilation", "Stage", "alternatives", "compile", "equal_programs", "explain"]

Program.search = staticmethod(equal_programs)  # programs stand below the compiler, which knows others

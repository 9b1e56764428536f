"""The adjoint of a program: how the number that it answers with moves with the law of the data."""

from idgen_compiler.adjoint.adjoint import Adjoint

__all__ = ["Adjoint"]

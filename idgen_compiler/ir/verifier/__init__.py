"""The verifier: what every program must satisfy, checked before and after every pass."""

from idgen_compiler.ir.verifier.scope import verify_operations

__all__ = ["verify_operations"]

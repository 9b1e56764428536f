"""A cluster of machines as a place to run."""

from idgen_compiler.execute.cluster.ray import Ray

__all__ = ["Ray"]

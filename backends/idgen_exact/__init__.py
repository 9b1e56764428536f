"""The exact backend: the definition of the IR, executable. It runs programs on discrete laws instead of samples."""

from idgen_exact.backend import ExactBackend
from idgen_exact.laws import run
from idgen_exact.sampler import ExactSampler

__all__ = ["ExactBackend", "ExactSampler", "run"]

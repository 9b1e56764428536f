"""The null backend: the way without the water. It reads tables and answers in their shapes, and learns nothing."""

from idgen_null.backend import NullBackend, NullSampler

__all__ = ["NullBackend", "NullSampler"]

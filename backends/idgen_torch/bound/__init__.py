"""Models that exist: what a user brings in the place of a conditional, and how it is called, checked and named.

A plain callable is brought as it is. `Module`, `Pipeline`, `TextClassifier` and `TextWriter` wrap what torch,
diffusers and transformers have; a `Kernel` of your own wraps anything else.
"""

from idgen_torch.bound.brought import Brought, Inputs, Kernel, as_brought
from idgen_torch.bound.language import TextClassifier, TextWriter
from idgen_torch.bound.loaded import Loaded
from idgen_torch.bound.model import BoundModel
from idgen_torch.bound.module import Module, OneHot, Scaled
from idgen_torch.bound.pipeline import Pipeline
from idgen_torch.bound.seeded import numpy_stream, seeded

__all__ = [
    "BoundModel",
    "Brought",
    "Inputs",
    "Kernel",
    "Loaded",
    "Module",
    "OneHot",
    "Pipeline",
    "Scaled",
    "TextClassifier",
    "TextWriter",
    "as_brought",
    "numpy_stream",
    "seeded",
]

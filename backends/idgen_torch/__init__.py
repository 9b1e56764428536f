"""The torch backend of idgen-compiler: trains a program's models on a table and samples from them.

Found by the entry point `torch`; the usual way in is `program.fit(data, backend="torch")`.
"""

from __future__ import annotations

from idgen_compiler.data.kinds import Categorical, Image
from idgen_torch.backend import TorchBackend
from idgen_torch.families import ConditionalModel, register
from idgen_torch.image_options import ImageOptions
from idgen_torch.options import FitOptions, Progress
from idgen_torch.record import FitRecord
from idgen_torch.sampler import TorchSampler

__all__ = [
    "Categorical",
    "ConditionalModel",
    "FitOptions",
    "FitRecord",
    "Image",
    "ImageOptions",
    "Progress",
    "TorchBackend",
    "TorchSampler",
    "register",
]

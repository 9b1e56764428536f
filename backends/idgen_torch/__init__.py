"""The torch backend of idgen-compiler: trains a program's models on a table and samples from them.

Found by the entry point `torch`; the usual way in is `program.fit(data, backend="torch")`.
"""

from __future__ import annotations

from idgen_compiler.data.kinds import Categorical, Image, Numeric, Text, register_encoder
from idgen_torch.backend import TorchBackend
from idgen_torch.families import (
    Chain,
    Classifier,
    ConditionalModel,
    Diffusion,
    Factored,
    Family,
    Flow,
    FromImages,
    FromTexts,
    Hurdle,
    Language,
    Matched,
    Offer,
    Resample,
    Run,
    Table,
    Task,
    VectorDiffusion,
    register,
)
from idgen_torch.running.record import FitRecord
from idgen_torch.running.sampler import TorchSampler
from idgen_torch.running.telling.trackers import to_mlflow, to_tensorboard, to_wandb
from idgen_torch.training.progress import Progress

__all__ = [
    "Categorical",
    "Chain",
    "Classifier",
    "ConditionalModel",
    "Diffusion",
    "Factored",
    "Family",
    "FitRecord",
    "Flow",
    "FromImages",
    "FromTexts",
    "Hurdle",
    "Image",
    "Language",
    "Matched",
    "Numeric",
    "Offer",
    "Progress",
    "Resample",
    "Run",
    "Table",
    "Task",
    "Text",
    "TorchBackend",
    "TorchSampler",
    "VectorDiffusion",
    "register",
    "register_encoder",
    "to_mlflow",
    "to_tensorboard",
    "to_wandb",
]

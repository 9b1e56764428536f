"""Families of conditional models, one file each."""

from idgen_torch.families.base import ConditionalModel, FitOptions, NoProgress, Progress, families, family, register
from idgen_torch.families.chain import Chain
from idgen_torch.families.choose import choose
from idgen_torch.families.classifier import Classifier
from idgen_torch.families.diffusion import Diffusion
from idgen_torch.families.factored import Factored
from idgen_torch.families.flow import Flow
from idgen_torch.families.from_images import FromImages
from idgen_torch.families.matched import Matched
from idgen_torch.families.resample import Resample
from idgen_torch.families.table import Table
from idgen_torch.families.vector_diffusion import VectorDiffusion

__all__ = [
    "Chain",
    "Classifier",
    "ConditionalModel",
    "Diffusion",
    "Factored",
    "FitOptions",
    "Flow",
    "FromImages",
    "Matched",
    "NoProgress",
    "Progress",
    "Resample",
    "Table",
    "VectorDiffusion",
    "choose",
    "families",
    "family",
    "register",
]

"""Families of conditional models, one file each."""

from idgen_torch.families.base import ConditionalModel, FitOptions, NoProgress, Progress, families, family, register
from idgen_torch.families.chain import Chain
from idgen_torch.families.choose import choose
from idgen_torch.families.images.diffusion import Diffusion
from idgen_torch.families.images.from_images import FromImages
from idgen_torch.families.numbers.classifier import Classifier
from idgen_torch.families.numbers.flow import Flow
from idgen_torch.families.numbers.vector_diffusion import VectorDiffusion
from idgen_torch.families.tables.factored import Factored
from idgen_torch.families.tables.matched import Matched
from idgen_torch.families.tables.resample import Resample
from idgen_torch.families.tables.table import Table

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

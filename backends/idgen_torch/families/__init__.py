"""Families of conditional models, one file each."""

from .base import ConditionalModel, FitOptions, NoProgress, Progress, families, family, register
from .chain import Chain
from .choose import choose
from .classifier import Classifier
from .factored import Factored
from .flow import Flow
from .resample import Resample
from .table import Table

__all__ = [
    "Chain",
    "Classifier",
    "ConditionalModel",
    "Factored",
    "FitOptions",
    "Flow",
    "NoProgress",
    "Progress",
    "Resample",
    "Table",
    "choose",
    "families",
    "family",
    "register",
]

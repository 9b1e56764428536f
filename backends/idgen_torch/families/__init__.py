"""Families of conditional models, one file each."""

from .base import ConditionalModel, FitOptions, NoProgress, Progress, families, family, register
from .choose import choose
from .classifier import Classifier
from .resample import Resample
from .table import Table

__all__ = [
    "Classifier",
    "ConditionalModel",
    "FitOptions",
    "NoProgress",
    "Progress",
    "Resample",
    "Table",
    "choose",
    "families",
    "family",
    "register",
]

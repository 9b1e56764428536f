"""By which of its ways each law, and each model of one, is had on the rows of a fit."""

from idgen_torch.running.ways.of_laws import EFFECTIVE, choices
from idgen_torch.running.ways.of_models import Weighing

__all__ = ["EFFECTIVE", "Weighing", "choices"]

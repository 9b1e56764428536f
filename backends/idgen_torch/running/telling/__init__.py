"""Who is told how a fit goes: a view on a terminal, lines elsewhere, a file, a function or a tracker of experiments."""

from idgen_torch.running.telling.coming import called, expect, kept
from idgen_torch.running.telling.lines import LineProgress, LogProgress, StepProgress
from idgen_torch.running.telling.operation import OperationProgress
from idgen_torch.running.telling.shown import Told, shown
from idgen_torch.running.telling.turns import Channels
from idgen_torch.running.telling.view import Overview

__all__ = [
    "Channels",
    "LineProgress",
    "LogProgress",
    "OperationProgress",
    "StepProgress",
    "Overview",
    "Told",
    "called",
    "expect",
    "kept",
    "shown",
]

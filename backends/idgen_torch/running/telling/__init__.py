"""Who is told how a fit goes: bars on a terminal, lines elsewhere, a file, a function, or a tracker of experiments."""

from idgen_torch.running.telling.bars import BarProgress
from idgen_torch.running.telling.lines import LineProgress, LogProgress, StepProgress
from idgen_torch.running.telling.operation import OperationProgress
from idgen_torch.running.telling.shown import Told, shown
from idgen_torch.running.telling.turns import Channels

__all__ = [
    "BarProgress",
    "Channels",
    "LineProgress",
    "LogProgress",
    "OperationProgress",
    "StepProgress",
    "Told",
    "shown",
]

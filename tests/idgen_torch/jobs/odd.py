"""A family that counts its trainings and fails on demand, in whatever process it is trained; and a slow network."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from idgen_torch.families import Offer, Run, Table, Task
from idgen_torch.families.tables.table import TableModel
from idgen_torch.options import folder

__all__ = ["Odd", "OddError", "Slow"]


class OddError(Exception):
    """An error that no package knows of."""

    def __init__(self, why: str, code: int) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class Odd(Table):
    """Tables.  `marks` is a folder with a file for each training, and with files for what happens to which target:
    Y.fails, Y.dies, and Y.waits, whose first training does not end."""

    word = "test-odd"

    marks: str | None = folder(None)

    def offer(self, task: Task) -> Offer | None:
        return None

    def fit(self, task: Task, run: Run = Run()) -> TableModel:
        marks = Path(self.marks or ".")
        before = len(list(marks.glob(f"{task.name} *")))
        (marks / f"{task.name} {before} {os.getpid()}").touch()
        run.progress.start(task.name, 2)
        run.progress.advance(0.5)
        if (marks / f"{task.name}.fails").exists():
            raise OddError(f"{task.name} is odd", 7)
        if (marks / f"{task.name}.dies").exists() and before == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if (marks / f"{task.name}.waits").exists() and before == 0:
            threading.Event().wait()
        run.progress.advance(0.25)
        run.progress.done()
        return super().fit(task, run)


class Slow(nn.Module):
    """A network for pictures that takes its time, so that something can happen meanwhile."""

    def __init__(self, seen: int, drawn: int, size: tuple[int, int], width: int) -> None:
        super().__init__()
        self.draw = nn.Conv2d(seen, drawn, 1)
        self.told = nn.Linear(width + 1, drawn)

    def forward(self, noisy: Tensor, times: Tensor, code: Tensor) -> Tensor:
        if self.training:
            time.sleep(0.1)
        told = self.told(torch.cat([code, times[:, None] / 1000], 1))
        answer: Tensor = self.draw(noisy) + told[:, :, None, None]
        return answer

"""A family whose training sleeps: compute that is simulated, of which any number goes on at once."""

from __future__ import annotations

import time
from dataclasses import dataclass

from idgen_torch.families import Offer, Run, Table, Task
from idgen_torch.families.tables.table import TableModel
from idgen_torch.options import real

__all__ = ["Sleeping"]

STEPS = 20


@dataclass(frozen=True)
class Sleeping(Table):
    """A table, after so many seconds."""

    word = "bench-sleeping"

    seconds: float = real(1.0, "a number from 0", lambda value: value >= 0)

    def offer(self, task: Task) -> Offer | None:
        """It has to be asked for."""
        return None

    def fit(self, task: Task, run: Run = Run()) -> TableModel:
        """Sleep, and tell of it."""
        run.progress.start(task.name, STEPS)
        for _ in range(STEPS):
            time.sleep(self.seconds / STEPS)
            run.progress.advance(0.0)
        run.progress.done()
        return super().fit(task, run)

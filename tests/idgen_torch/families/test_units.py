"""What a flow tells of held-out rows while it learns is the log-density of its target, not of a residual."""

from __future__ import annotations

import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_torch import Flow
from idgen_torch.families import Run, Task
from idgen_torch.training.progress import NoProgress


class Losses(NoProgress):
    """The losses that were told, and those of each pass."""

    def __init__(self) -> None:
        self.told: list[float] = []
        self.passes: list[float] = []

    def advance(self, loss: float) -> None:
        self.told.append(loss)

    def passed(self, learned: float, held_out: float) -> None:
        self.passes.append(held_out)


@pytest.mark.parametrize(
    ("bend", "part", "trained"), [(0.0, Part("y"), False), (1.0, Part("y"), True), (1.0, Part("y", low=-9.0), True)]
)
def test_losses_are_of_the_target(bend: float, part: Part, trained: bool) -> None:
    draw = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 1_500, 1, generator=draw)
    rows = {"x": x, "y": (x + bend * (2 * x).sin() + 0.3 * noise).clamp(-8, 8)}
    losses = Losses()
    model = Flow(epochs=10, kernel="no").fit(Task((part,), (Part("x"),), rows), Run(seed=0, progress=losses))
    found = -float(model.log_prob(rows).mean())
    assert found < 0.9, "a residual of deviation 1 would be at 1.4"
    assert losses.told[-1] == pytest.approx(found, abs=0.1)
    assert bool(losses.passes) is trained
    assert all(loss < 1.5 for loss in losses.passes[-3:])

"""What the code of the inputs learns before the rest of a denoiser: what the targets look like from afar."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, mse_loss

from idgen_torch.arithmetic import Made
from idgen_torch.nets.denoiser import Denoiser
from idgen_torch.nets.own import OwnDenoiser
from idgen_torch.parts import Values
from idgen_torch.seeds import seed_for
from idgen_torch.training.diffusion import Budget, RowsByStep
from idgen_torch.training.ensemble import one_cycle
from idgen_torch.training.progress import Progress
from idgen_torch.training.state import Standing

__all__ = ["code_steps", "learn_code"]

STEPS, BATCH, LR, PASSES = 700, 128, 2e-3, 5
SIDE = 4  #: of a thumbnail
_CONSTANT = 1e-4
"""Thumbnails that vary less than this all look alike."""


def code_steps(rows: int, training: int | None) -> int:
    """How many steps of `BATCH` rows: at most so many passes over the rows, and a third of the training's steps."""
    passes = ceil(PASSES * rows / min(BATCH, rows))
    return min(STEPS, passes) if training is None else min(STEPS, passes, training // 3)


def learn_code(
    network: Denoiser | OwnDenoiser,
    batch: Callable[[Tensor], tuple[Tensor, Values]],
    count: int,
    weights: Tensor | None,
    budget: Budget,
    seed: int,
    progress: Progress,
    name: str,
) -> None:
    """Let the code of the inputs predict thumbnails of the targets by least squares, in place.

    Given nothing but noise, all that a denoiser can know is the mean of the targets given the inputs; through the noise
    it learns slowly how several inputs matter together. On Napkin-MNIST's `hard` mechanisms, where Y's color is a
    sum modulo 6 of attributes of two input pictures, a network of 3,000 steps of batch 32 drew the color of that rule
    in 32 % of the samples, and one of 2,500 steps after 700 such steps, each of a tenth of the cost, in 50 % (75 % is
    right).
    `batch` gives the targets (rows, C, H, W) of some row numbers, and their inputs; the budget has steps.
    """
    rows = RowsByStep(count, BATCH, seed_for(seed, "code"), weights)
    with torch.no_grad():
        known = torch.cat([_thumbnails(batch(few)[0]) for few in torch.arange(min(count, 16 * BATCH)).split(BATCH)])
        mean, spread = known.mean(0), float(known.std(0).square().mean().sqrt()) if len(known) > 1 else 0.0
    if spread < _CONSTANT:
        return
    with Made(seed_for(seed, "thumbnail")):
        guess = nn.Linear(network.code.width, known.shape[1])
    guess.to(known.device)
    learned = [*network.code.parameters(), *guess.parameters()]
    optimizer = torch.optim.AdamW(learned, lr=LR, weight_decay=1e-2, fused=True)
    progress.start(name, budget.steps or 0)
    began, standing = time.perf_counter(), Standing()
    try:
        while (spent := budget.spent(standing)) < 1:
            for group in optimizer.param_groups:
                group["lr"] = LR * one_cycle(spent)
            targets, given = batch(rows.index(standing.step))
            wanted = (_thumbnails(targets) - mean) / spread
            loss = mse_loss(guess(network.code(given, len(targets))), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            # The loss comes back from the device only now and then: asking for it would make the two wait.
            step, now = standing.step + 1, standing.loss
            if step % 20 == 1 or loss.device.type == "cpu":
                now = float(loss.detach())
            standing = Standing(step, time.perf_counter() - began, now)
            progress.advance(now)
    finally:
        progress.done()


def _thumbnails(targets: Tensor) -> Tensor:
    """Each channel brought down to a few pixels.  Shape: (rows, C, H, W) -> (rows, C * SIDE^2)."""
    return adaptive_avg_pool2d(targets, SIDE).flatten(1)

"""The training loop: permuted batches held as tensors, AdamW in one cycle, averaged steps, the best held-out epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, cos, nan, pi
from typing import ClassVar

import torch
from torch import Tensor

from idgen_torch.arithmetic import one_thread
from idgen_torch.options import Options, real, whole, widths
from idgen_torch.training.adamw import AdamW
from idgen_torch.training.average import Average
from idgen_torch.training.progress import PassProgress, Progress

__all__ = ["EnsembleTraining", "Passes", "Split", "one_cycle", "split", "train", "train_on"]

WARM_PASSES, WARM_LR = 0.2, 1.0
"""Training that begins from a model of much the same rows takes this share of the passes, at this share of the learning
rate (measured: docs/concepts/uncertainty.md)."""


@dataclass(frozen=True)
class Passes:
    """How often the rows are passed over when nobody says.

    least_steps: small tables are passed over more often, until this many steps are made.
    most_steps: large tables are passed over less often, but at least twice, so that a fit stays under this many steps.
    """

    epochs: int
    least_steps: int = 400
    most_steps: int = 6000

    def number(self, steps: int) -> int:
        """How often to pass over rows that make this many steps a pass."""
        return min(max(self.epochs, ceil(self.least_steps / steps)), max(2, self.most_steps // steps))


@dataclass(frozen=True)
class EnsembleTraining(Options):
    """How an ensemble of small networks is trained; the families that have one bring their measured defaults.

    epochs: passes over the rows, by the size of the table where it is None.  batch_size: rows a step.  lr: peak
    learning rate.  weight_decay: AdamW's.  hidden: widths of the hidden layers.  ensemble: members; None for what
    held-out rows say.
    patience: stop after this many epochs in which no member's held-out likelihood improved.
    holdout: fraction of the rows kept back to choose the epoch, and all else that is chosen.
    """

    usual: ClassVar[Passes]

    epochs: int | None = whole(None)
    batch_size: int = whole(512)
    lr: float = real(4e-3, "a number above 0", lambda value: value > 0)
    weight_decay: float = real(1e-2, "a number from 0", lambda value: value >= 0)
    hidden: tuple[int, ...] | None = widths((64, 64))
    ensemble: int | None = whole(1, most=1000)
    patience: int = whole(8)
    holdout: float = real(0.1, "a fraction strictly between 0 and 1", lambda value: 0 < value < 1)

    def epochs_for(self, steps: int) -> int:
        """How often to pass over rows that make this many steps a pass."""
        return self.usual.number(steps) if self.epochs is None else self.epochs


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers to learn from and to choose by; the same rows where there is only one."""

    train: Tensor
    held_out: Tensor

    @property
    def apart(self) -> bool:
        """Whether the rows to choose by are no rows to learn from."""
        return self.train is not self.held_out


def split(
    rows: int,
    holdout: float,
    generator: torch.Generator,
    weights: Tensor | None = None,
    most: int = 10_000,
    groups: Tensor | None = None,
) -> Split:
    """A random split; at least one and at most `most` rows are held out. Rows of no weight are in neither part.

    Rows of a group follow each other, and are on one side.  Shape: groups (rows,) int64, from 0 on.
    """
    there = None if weights is None else (weights.float() > 0).nonzero().flatten().cpu()
    if there is None or len(there) == rows:
        there = torch.arange(rows)
    rows = len(there)
    if rows == 1:
        return Split(there, there)
    order = there[torch.randperm(rows, generator=generator)]
    kept_back = min(max(1, round(rows * holdout)), most)
    if groups is not None:
        order, kept_back = _side_by_side(order, groups, kept_back, generator)
    return Split(order[kept_back:], order[:kept_back])


def _side_by_side(order: Tensor, groups: Tensor, most: int, generator: torch.Generator) -> tuple[Tensor, int]:
    """Rows in random order, groups side by side, and how many of the first are whole groups and about `most`."""
    sizes = torch.bincount(groups[order])
    turn = torch.randperm(len(sizes), generator=generator)
    turn = turn[sizes[turn] > 0]
    behind = sizes[turn].cumsum(0)
    if len(turn) < 2:
        return order, most
    place = torch.zeros(len(sizes), dtype=torch.int64)
    place[turn] = torch.arange(len(turn))
    fitting = min(max(1, int((behind <= most).sum())), len(turn) - 1)
    return order[place[groups[order]].argsort(stable=True)], int(behind[fitting - 1])


def one_cycle(progress: float, warm_up: float = 0.15) -> float:
    """The learning rate as a fraction of its peak, `progress` in [0, 1]: a linear rise, then half a cosine to zero.

    Source: Smith and Topin (2018), with cosine annealing.
    """
    if progress < warm_up:
        return 0.05 + 0.95 * progress / warm_up
    return 0.5 * (1 + cos(pi * (progress - warm_up) / (1 - warm_up)))


@one_thread()
def train(
    parameters: Sequence[Tensor],
    loss: Callable[[Tensor], Tensor],
    held_out_loss: Callable[[], Tensor],
    rows: Tensor,
    recipe: EnsembleTraining,
    generator: torch.Generator,
    progress: Progress,
    name: str,
) -> Tensor:
    """Train all members of an ensemble at once, in place, and leave each at its best held-out epoch, averaged or not.

    Every parameter's first axis is the member. `loss` takes row numbers (members, batch) and returns the sum of
    the members' mean losses; `held_out_loss` returns one loss for each member; `rows` are the row numbers to learn
    from: (rows,), of which all members see the same batches, and `loss` is given (1, batch); or (members, rows) for
    each its own. The start counts as an epoch, so that a fit which learns nothing transferable ends where it began.
    Returns the best held-out losses, shape (members,).
    """
    each = rows if rows.dim() > 1 else rows.unsqueeze(0)
    count = each.shape[1]
    batch = min(recipe.batch_size, count)
    steps = count // batch
    epochs = recipe.epochs_for(steps)
    device = parameters[0].device
    down, average = AdamW(parameters, recipe.weight_decay), Average(parameters)
    best = held_out_loss()
    kept = [parameter.detach().clone() for parameter in parameters]
    idle = 0
    progress.start(name, epochs)
    try:
        for epoch in range(epochs):
            orders = torch.stack([own[torch.randperm(count, generator=generator)] for own in each]).to(device)
            learned = _pass(down, loss, orders, batch, recipe.lr, (epoch, epochs), average)
            before, now = best, held_out_loss()
            best = _keep_better(now, best, kept, parameters)
            with average.in_place():  # which lags behind where all passes are few steps
                averaged = held_out_loss()
                best = _keep_better(averaged, best, kept, parameters)
            if isinstance(progress, PassProgress):
                progress.passed(learned / len(parameters[0]), float(torch.minimum(now, averaged).mean()))
            progress.advance(float(best.mean()))
            idle = 0 if bool((best < before).any()) else idle + 1
            if idle >= recipe.patience:
                break
    finally:
        progress.done()
    with torch.no_grad():
        for keep, parameter in zip(kept, parameters, strict=True):
            parameter.copy_(keep)
    down.rest()
    return best


@torch.no_grad()
def _keep_better(now: Tensor, best: Tensor, kept: Sequence[Tensor], parameters: Sequence[Tensor]) -> Tensor:
    """Keep the parameters of the members whose loss is less than the best so far.  Shape: now, best (members,)."""
    improved = now < best
    for keep, parameter in zip(kept, parameters, strict=True):
        keep[improved] = parameter[improved]
    return torch.where(improved, now, best)


@one_thread()
def train_on(
    parameters: Sequence[Tensor],
    loss: Callable[[Tensor], Tensor],
    rows: Tensor,
    recipe: EnsembleTraining,
    generator: torch.Generator,
    progress: Progress,
    name: str,
) -> None:
    """Train on, in place, what was trained on much the same rows, as where these are drawn again.

    The arguments are those of `train`. No rows are held out, since those that the start was trained on would choose the
    start: there are few passes, at a lower learning rate, and the last one is kept.
    """
    each = rows if rows.dim() > 1 else rows.unsqueeze(0)
    count = each.shape[1]
    batch = min(recipe.batch_size, count)
    epochs = max(1, round(WARM_PASSES * recipe.epochs_for(count // batch)))
    lr = WARM_LR * recipe.lr
    down = AdamW(parameters, recipe.weight_decay)
    progress.start(name, epochs)
    try:
        for epoch in range(epochs):
            orders = torch.stack([own[torch.randperm(count, generator=generator)] for own in each])
            _pass(down, loss, orders.to(parameters[0].device), batch, lr, (epoch, epochs))
            progress.advance(nan)
    finally:
        progress.done()
    down.rest()


def _pass(
    down: AdamW,
    loss: Callable[[Tensor], Tensor],
    orders: Tensor,
    batch: int,
    lr: float,
    place: tuple[int, int],
    average: Average | None = None,
) -> float:
    """One pass over the rows, the learning rate in one cycle over all passes.  Shape: orders (members, rows).

    Returns the mean loss of its steps, each before it was made.
    """
    steps = orders.shape[1] // batch
    epoch, epochs = place
    total = torch.zeros((), dtype=torch.float64, device=orders.device)
    for step in range(steps):
        now = lr * one_cycle((epoch * steps + step) / (epochs * steps))
        value = loss(orders[:, step * batch : (step + 1) * batch])
        total += value.detach()
        down.step(value, now)
        if average is not None:
            average.step()
    return float(total) / steps

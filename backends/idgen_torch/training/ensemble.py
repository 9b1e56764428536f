"""The training loop: permuted batches held as tensors, AdamW in one cycle, the best held-out epoch of each member."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, cos, pi

import torch
from torch import Tensor

from idgen_torch.options import FitOptions, Progress

__all__ = ["Recipe", "Split", "one_cycle", "split", "train"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A family's measured training defaults; see FitOptions for the fields.

    least_steps: small tables are passed over more often, until this many steps are made.
    most_steps: large tables are passed over less often, but at least twice, so that a fit stays under this many steps.
    """

    epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    hidden: tuple[int, ...]
    ensemble: int
    patience: int
    least_steps: int = 400
    most_steps: int = 6000

    def with_options(self, options: FitOptions) -> Recipe:
        """These defaults, with what the options set in their place."""
        return Recipe(
            epochs=options.epochs or self.epochs,
            batch_size=options.batch_size or self.batch_size,
            lr=self.lr if options.lr is None else options.lr,
            weight_decay=self.weight_decay if options.weight_decay is None else options.weight_decay,
            hidden=self.hidden if options.hidden is None else options.hidden,
            ensemble=options.ensemble or self.ensemble,
            patience=options.patience or self.patience,
            least_steps=self.least_steps if options.epochs is None else 1,
            most_steps=self.most_steps if options.epochs is None else 10**9,
        )

    def epochs_for(self, steps: int) -> int:
        """How often to pass over rows that make this many steps a pass."""
        most = max(2, self.most_steps // steps)
        return min(max(self.epochs, ceil(self.least_steps / steps)), most)


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers to learn from and to choose by; the same rows where there is only one."""

    train: Tensor
    held_out: Tensor


def split(
    rows: int, holdout: float, generator: torch.Generator, weights: Tensor | None = None, most: int = 10_000
) -> Split:
    """A random split; at least one and at most `most` rows are held out. Rows of no weight are in neither part."""
    there = None if weights is None else (weights.float() > 0).nonzero().flatten().cpu()
    if there is None or len(there) == rows:
        there = torch.arange(rows)
    rows = len(there)
    if rows == 1:
        return Split(there, there)
    order = there[torch.randperm(rows, generator=generator)]
    kept_back = min(max(1, round(rows * holdout)), most)
    return Split(order[kept_back:], order[:kept_back])


def one_cycle(progress: float, warm_up: float = 0.15) -> float:
    """The learning rate as a fraction of its peak, `progress` in [0, 1]: a linear rise, then half a cosine to zero.

    Source: Smith and Topin (2018), with cosine annealing.
    """
    if progress < warm_up:
        return 0.05 + 0.95 * progress / warm_up
    return 0.5 * (1 + cos(pi * (progress - warm_up) / (1 - warm_up)))


def train(
    parameters: Sequence[Tensor],
    loss: Callable[[Tensor], Tensor],
    held_out_loss: Callable[[], Tensor],
    rows: Tensor,
    recipe: Recipe,
    generator: torch.Generator,
    progress: Progress,
    name: str,
) -> Tensor:
    """Train all members of an ensemble at once, in place, and leave each at its best held-out epoch.

    Every parameter's first axis is the member. `loss` takes row numbers (members, batch) and returns the sum of
    the members' mean losses; `held_out_loss` returns one loss for each member; `rows` are the row numbers to learn
    from. Each member sees its own order of the rows. The start counts as an epoch, so that a fit which
    learns nothing transferable ends where it began.
    Returns the best held-out losses, shape (members,).
    """
    members = parameters[0].shape[0]
    count = len(rows)
    batch = min(recipe.batch_size, count)
    steps = count // batch
    epochs = recipe.epochs_for(steps)
    device = parameters[0].device
    optimiser = torch.optim.AdamW(parameters, lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True)
    for parameter in parameters:
        parameter.requires_grad_(True)
    best = held_out_loss()
    kept = [parameter.detach().clone() for parameter in parameters]
    idle = 0
    progress.start(name, epochs)
    try:
        for epoch in range(epochs):
            orders = torch.stack([rows[torch.randperm(count, generator=generator)] for _ in range(members)]).to(device)
            for step in range(steps):
                for group in optimiser.param_groups:
                    group["lr"] = recipe.lr * one_cycle((epoch * steps + step) / (epochs * steps))
                optimiser.zero_grad()
                loss(orders[:, step * batch : (step + 1) * batch]).backward()
                optimiser.step()
            now = held_out_loss()
            improved = now < best
            best = torch.where(improved, now, best)
            with torch.no_grad():
                for keep, parameter in zip(kept, parameters, strict=True):
                    keep[improved] = parameter[improved]
            progress.advance(float(best.mean()))
            idle = 0 if bool(improved.any()) else idle + 1
            if idle >= recipe.patience:
                break
    finally:
        progress.done()
    with torch.no_grad():
        for keep, parameter in zip(kept, parameters, strict=True):
            parameter.requires_grad_(False)
            parameter.grad = None
            parameter.copy_(keep)
    return best

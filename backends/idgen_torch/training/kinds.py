"""Training the law of kinds: cross-entropy, the best held-out pass, and a temperature for each level."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import total
from idgen_torch.nets.kind_heads import KindHeads
from idgen_torch.parts import Values
from idgen_torch.training.diffusion import Budget, RowsByStep
from idgen_torch.training.ensemble import Passes, Split, one_cycle
from idgen_torch.training.progress import Progress
from idgen_torch.training.state import Standing

__all__ = ["HOLDOUT", "kind_steps", "learn_kinds"]

BATCH, LR, HOLDOUT = 128, 2e-3, 0.1
PASSES = Passes(20, least_steps=300)
DECAY = 0.3
"""So long, and held so tight, a network reads of a picture what it says faintly (measured: docs/benchmarks.md)."""


def kind_steps(rows: int, training: int | None) -> int:
    """How many steps of `BATCH` rows: so many passes over the rows, but no more than twice the pictures' own steps."""
    a_pass = max(1, rows // BATCH)
    steps = PASSES.number(a_pass) * a_pass
    return steps if training is None else min(steps, 2 * training)


def learn_kinds(
    network: KindHeads,
    batch: Callable[[Tensor], Values],
    codes: Tensor,
    weights: Tensor | None,
    parts: Split,
    budget: Budget,
    seed: int,
    progress: Progress,
    name: str,
) -> None:
    """Learn the law of the codes (rows, levels) given the inputs that `batch` gives for some row numbers, in place.

    What is kept is the best pass on rows held out, the start among them. Weighted rows are drawn by their weights.
    The budget has steps; where the seconds end first, the training does. Raises DataError for a training that diverges.
    """
    learn = parts.train
    own = None if weights is None else weights.cpu()[learn]
    rows = RowsByStep(len(learn), BATCH, seed, own)
    every = max(1, len(learn) // min(BATCH, len(learn)))
    optimizer = torch.optim.AdamW(network.parameters(), lr=LR, weight_decay=DECAY, fused=True)
    progress.start(name, budget.steps or 0)
    began, standing = time.perf_counter(), Standing()
    best, kept = _held_out(network, batch, codes, weights, parts.held_out), _copied(network)
    try:
        while (spent := budget.spent(standing)) < 1:
            for group in optimizer.param_groups:
                group["lr"] = LR * one_cycle(spent)
            index = learn[rows.index(standing.step)]
            loss = _losses(network, batch(index), codes[index.to(codes.device)]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            standing = Standing(standing.step + 1, time.perf_counter() - began)
            if standing.step % every == 0 or budget.spent(standing) >= 1:
                now = _held_out(network, batch, codes, weights, parts.held_out)
                if now < best:
                    best, kept = now, _copied(network)
            progress.advance(best)
    finally:
        progress.done()
    if not best < inf:
        raise DataError(f"the training of {name} diverged: its held-out loss is no number; look at the inputs' values")
    network.load_state_dict(kept)
    network.requires_grad_(False)


def _losses(network: KindHeads, given: Values, codes: Tensor) -> Tensor:
    """Negative log-likelihood of each row's codes, all levels together.  Shape: (rows,)."""
    seen = network.seen(given, len(codes))
    each = [
        cross_entropy(network.logits(level, seen, codes), codes[:, level], reduction="none")
        for level, size in enumerate(network.sizes)
        if size > 1
    ]
    return torch.stack(each).sum(0)


@torch.no_grad()
def _held_out(
    network: KindHeads, batch: Callable[[Tensor], Values], codes: Tensor, weights: Tensor | None, index: Tensor
) -> float:
    """The weighted mean of the losses over some rows."""
    each = torch.cat([_losses(network, batch(few), codes[few.to(codes.device)]) for few in index.split(8 * BATCH)])
    if weights is None:
        return float(total(each) / len(each))
    own = weights[index.to(weights.device)].to(each.device)
    return float(total(each * own) / total(own))


def _copied(network: KindHeads) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}

"""NCM with categories: perceptrons from parents and shared noise, by maximum likelihood.

One uniform noise for each bidirected edge: u of W1 <-> Y and v of W1 <-> X. A row's likelihood is the mean over draws
of (u, v) of P(w1 | u, v) P(w2 | w1) P(x | w2, v) P(y | x, u); the attributes of a variable are independent given its
parents and noise. The draws are a grid of fresh stratified ones at every step, so that the mean over them costs little.
Source: Xia et al. (2021), "The causal-neural connection", with its AdamW at 4e-3.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import one_hot

from idgen_compiler.demo.napkin_mnist import ATTRIBUTES, SIZES
from idgen_torch.parts import Values

__all__ = ["MleNcm"]

GRID, BATCH, LR, HIDDEN = 16, 512, 4e-3, 128
WAVES = 8


class MleNcm(nn.Module):
    """The neural causal model of the discrete napkin."""

    def __init__(self) -> None:
        super().__init__()
        w2, x = _size("W2"), _size("X")
        noise = 2 * WAVES + 1
        self.w1 = _net(2 * noise, _size("W1"))
        self.w2 = _net(_size("W1"), w2)
        self.x = _net(w2 + noise, x)
        self.y = _net(x + noise, _size("Y"))

    @classmethod
    def fit(cls, rows: Values, steps: int, seed: int) -> MleNcm:
        """Train on codes (rows,) of every attribute."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = cls()
            optimizer = torch.optim.AdamW(model.parameters(), lr=LR)
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
            count = len(rows["Y.digit"])
            for _ in range(steps):
                optimizer.zero_grad()
                index = torch.randint(count, (BATCH,))
                (-model._log_prob({name: values[index] for name, values in rows.items()}).mean()).backward()
                optimizer.step()
                schedule.step()
            return model

    def _log_prob(self, rows: Values) -> Tensor:
        """Log-likelihood of each row.  Shape: (rows,)."""
        u, v = (_waves((torch.arange(GRID) + torch.rand(GRID)) / GRID) for _ in range(2))
        n = len(rows["Y.digit"])
        both = torch.cat([u.repeat_interleave(GRID, 0), v.repeat(GRID, 1)], 1)
        w1 = _gathered(self.w1(both).expand(n, -1, -1), "W1", rows)  # (rows, GRID * GRID)
        w2 = _gathered(self.w2(_one_hot("W1", rows)).unsqueeze(1), "W2", rows)
        x = _gathered(self.x(_with(_one_hot("W2", rows), v)), "X", rows)
        y = _gathered(self.y(_with(_one_hot("X", rows), u)), "Y", rows)
        total = w1.view(n, GRID, GRID) + y.unsqueeze(2) + x.unsqueeze(1)
        return total.flatten(1).logsumexp(1) + w2.squeeze(1)

    @torch.no_grad()
    def do(self, digit: int, color: int, thickness: int) -> dict[str, NDArray[np.float64]]:
        """P(Y's attribute | do(X = x)) for each attribute."""
        codes = dict(zip(("X.digit", "X.color", "X.thickness"), (digit, color, thickness), strict=True))
        x = _one_hot("X", {name: torch.tensor([code]) for name, code in codes.items()})
        u = _waves((torch.arange(1_000) + 0.5) / 1_000)
        laws = self.y(_with(x, u))[0].split([SIZES[f"Y.{a}"] for a in ATTRIBUTES], 1)
        return {a: law.softmax(1).mean(0).double().numpy() for a, law in zip(ATTRIBUTES, laws, strict=True)}


def _attributes(variable: str) -> list[str]:
    return [name for name in SIZES if name.startswith(f"{variable}.")]


def _size(variable: str) -> int:
    return sum(SIZES[name] for name in _attributes(variable))


def _net(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs)
    )


def _waves(u: Tensor) -> Tensor:
    """Noise in [0, 1) with its sines and cosines, which let a small network cut it into many pieces."""
    angle = 2 * torch.pi * u[:, None] * torch.arange(1, WAVES + 1)
    return torch.cat([u[:, None], angle.sin(), angle.cos()], 1)


def _one_hot(variable: str, rows: Values) -> Tensor:
    return torch.cat([one_hot(rows[name], SIZES[name]).float() for name in _attributes(variable)], 1)


def _with(parents: Tensor, noise: Tensor) -> Tensor:
    """Every row with every draw.  Shape: (rows, a), (draws, b) -> (rows, draws, a + b)."""
    n, draws = len(parents), len(noise)
    return torch.cat([parents.unsqueeze(1).expand(-1, draws, -1), noise.expand(n, -1, -1)], 2)


def _gathered(logits: Tensor, variable: str, rows: Values) -> Tensor:
    """Log-probability of each row's attributes.  Shape: (rows, draws, width) -> (rows, draws)."""
    names = _attributes(variable)
    total = torch.zeros(logits.shape[:2])
    for name, piece in zip(names, logits.split([SIZES[name] for name in names], 2), strict=True):
        codes = rows[name].view(-1, 1, 1).expand(-1, piece.shape[1], 1)
        total = total + piece.log_softmax(2).gather(2, codes).squeeze(2)
    return total

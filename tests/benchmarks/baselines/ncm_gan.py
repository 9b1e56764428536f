"""NCM with images: one generator a variable, shared noise along bidirected edges, one critic of all variables.

W1 = f(u_color, u_thickness, n1), W2 = f(W1, n2), X = f(W2, u_thickness, n3), Y = f(X, u_color, n4); a WGAN-GP critic
sees (W1, W2, X, Y) together; labels are relaxed by Gumbel-softmax with a temperature from 1 to 0.1; do(x) replaces X.
Sources: Xia, Pan and Bareinboim (2023), "Neural causal models for counterfactual identification and estimation";
Gulrajani et al. (2017) for the penalty, with 5 critic steps, a weight of 10 and Adam (5e-4, .5, .9).
"""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn.functional import gumbel_softmax, one_hot

from idgen_torch.nets.conditioning import pixels
from idgen_torch.parts import Values

__all__ = ["GanNcm"]

SHARED, OWN, CODE, CRITIC_STEPS, PENALTY, LR, BATCH = 16, 32, 64, 5, 10.0, 5e-4, 64
LABELS = (10, 2)  #: digit and color of W2


class Painter(nn.Module):
    """A vector to an image of `side` pixels, a multiple of 4."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.quarter = side // 4
        self.start = nn.Linear(width, 64 * self.quarter**2)
        self.rest = nn.Sequential(
            nn.BatchNorm2d(64), nn.ReLU(),
            nn.Upsample(scale_factor=2), nn.Conv2d(64, 64, 3, 1, 1), nn.BatchNorm2d(64), nn.ReLU(),
            nn.Upsample(scale_factor=2), nn.Conv2d(64, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 3, 3, 1, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, code: Tensor) -> Tensor:
        image: Tensor = self.rest(self.start(code).view(-1, 64, self.quarter, self.quarter))
        return image


def reader(channels: int, outputs: int, side: int) -> nn.Sequential:
    """An image of `side` pixels, a multiple of 4, to a vector."""
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 3, 2, 1), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(64 * (side // 4) ** 2, 128), nn.LeakyReLU(0.2), nn.Linear(128, outputs),
    )  # fmt: skip


class GanNcm(nn.Module):
    """The neural causal model of the napkin."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.w1 = Painter(2 * SHARED + OWN, side)
        self.w2 = reader(3, sum(LABELS), side)
        self.x = Painter(sum(LABELS) + SHARED + OWN, side)
        self.read_x = reader(3, CODE, side)
        self.y = Painter(CODE + SHARED + OWN, side)

    @classmethod
    def fit(cls, rows: Values, seconds: float, seed: int) -> GanNcm:
        """Train on W1, X, Y (rows, 3, side, side) uint8 and W2.digit, W2.color (rows,), on the device where they are.

        `seconds` are the processor's, on a GPU the clock's.
        """
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return cls._fit(rows, seconds)

    @classmethod
    def _fit(cls, rows: Values, seconds: float) -> GanNcm:
        device, side = rows["Y"].device, rows["Y"].shape[-1]
        now = time.process_time if device.type == "cpu" else time.perf_counter
        model, critic = cls(side).to(device), reader(9 + sum(LABELS), 1, side).to(device)
        generator = torch.optim.Adam(model.parameters(), lr=LR, betas=(0.5, 0.9))
        judge = torch.optim.Adam(critic.parameters(), lr=LR, betas=(0.5, 0.9))
        count = len(rows["Y"])
        began = now()
        while (spent := (now() - began) / seconds) < 1:
            temperature = 1 - 0.9 * spent
            for _ in range(CRITIC_STEPS):
                real = _real({name: v[torch.randint(count, (BATCH,), device=device)] for name, v in rows.items()})
                with torch.no_grad():
                    fake = model.joint(BATCH, temperature)
                between = torch.lerp(real, fake, torch.rand(BATCH, 1, 1, 1, device=device)).requires_grad_(True)
                (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
                penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
                judge.zero_grad()
                (critic(fake).mean() - critic(real).mean() + PENALTY * penalty).backward()
                judge.step()
            generator.zero_grad()
            (-critic(model.joint(BATCH, temperature)).mean()).backward()
            generator.step()
        return model.eval()

    def joint(self, n: int, temperature: float) -> Tensor:
        """Samples as the critic sees them.  Shape: (n, 9 + 12, side, side)."""
        color, thickness = self._noise(n, SHARED), self._noise(n, SHARED)
        w1 = self.w1(torch.cat([color, thickness, self._noise(n, OWN)], 1))
        labels = [gumbel_softmax(part, temperature) for part in self.w2(w1).split(LABELS, 1)]
        x = self.x(torch.cat([*labels, thickness, self._noise(n, OWN)], 1))
        return _maps([w1, x, self._y(x, color)], labels)

    def _y(self, x: Tensor, color: Tensor) -> Tensor:
        image: Tensor = self.y(torch.cat([self.read_x(x), color, self._noise(len(x), OWN)], 1))
        return image

    @torch.no_grad()
    def do(self, x: Tensor, seed: int) -> Tensor:
        """Y where X is set.  Shape: (n, 3, side, side) uint8 -> the same, on the CPU."""
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            y = self._y(pixels(x.to(self.y.start.weight.device)), self._noise(len(x), SHARED))
        return ((y + 1) * 127.5).round().to(torch.uint8).cpu()

    def _noise(self, n: int, width: int) -> Tensor:
        return torch.randn(n, width, device=self.y.start.weight.device)


def _real(rows: Values) -> Tensor:
    labels = [one_hot(rows[name], size).float() for name, size in zip(("W2.digit", "W2.color"), LABELS, strict=True)]
    return _maps([pixels(rows[name]) for name in ("W1", "X", "Y")], labels)


def _maps(images: list[Tensor], labels: list[Tensor]) -> Tensor:
    """Images and labels, each label a constant channel.  Shape: -> (rows, channels, side, side)."""
    flat = torch.cat(labels, 1)[:, :, None, None].expand(-1, -1, *images[0].shape[2:])
    return torch.cat([*images, flat], 1)

"""Networks that turn one picture of a face into another, and one that reads a face's attributes.

They are trained on rendered faces (`idgen_compiler.demo.faces`), whose attributes are known, and are called with
pictures alone: what they learned is all that they know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from idgen_compiler.demo.faces import ATTRIBUTES, SIZE, drawn, labels, render, turned
from idgen_torch.arithmetic import Made, one_thread, our_arithmetic
from idgen_torch.drawing import generator_for, uniform
from idgen_torch.seeds import seed_for

__all__ = ["Detector", "Training", "Translator"]

PIXELS = 3 * SIZE * SIZE
BATCH = 128
CHUNK = 4096

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Training:
    """How long the networks are trained: rendered faces, and passes over them."""

    faces: int
    epochs: int


@dataclass(frozen=True, eq=False)
class Translator:
    """A picture, the sex and the age that it is to have and some noise -> a picture.

    `spurious` is what it was taught: the faces of the data, in which all goes together that is frequent together.
    Otherwise it was taught what follows from sex alone.
    """

    network: nn.Sequential
    spurious: bool

    @classmethod
    def train(cls, spurious: bool, training: Training, seed: int) -> Translator:
        """Train on faces and on what they become when their sex is turned."""
        generator = np.random.default_rng(seed_for(seed, "translator", str(spurious)))
        faces = drawn(training.faces, generator)
        young = labels(faces, generator)["Young"].astype(bool)
        male = generator.random(len(faces)) < 0.5
        noise = generator.random((len(faces), len(ATTRIBUTES)), dtype=np.float32)
        before, after = render(faces), render(turned(faces, male, young, noise, spurious=spurious))
        inputs = torch.cat([_scaled(before), _spread(male, young, noise)], dim=1)
        network = _perceptron(inputs.shape[1], PIXELS, 256, seed_for(seed, "weights", str(spurious)))
        # The network adds to the picture: what it leaves alone, it need not learn to copy.
        wanted = _scaled(after) - _scaled(before)
        _fit(network, inputs, wanted, smooth_l1_loss, training.epochs, seed)
        return cls(network, spurious)

    def __call__(self, inputs: Mapping[str, Any], n: int, generator: torch.Generator) -> Pictures:
        """A kernel of P(I2 | I1, Male, Young).  Shape: I1 (n, 3, 16, 16) bytes -> (n, 3, 16, 16) bytes."""
        noise = uniform((n, len(ATTRIBUTES)), generator, torch.device("cpu")).numpy()
        sides = _spread(np.asarray(inputs["Male"]), np.asarray(inputs["Young"]), noise)
        out = np.empty((n, 3, SIZE, SIZE), dtype=np.uint8)
        for start in range(0, n, CHUNK):
            rows = slice(start, start + CHUNK)
            before = _scaled(inputs["I1"][rows])
            with torch.no_grad():
                after = before + self.network(torch.cat([before, sides[rows]], dim=1))
            pixels = ((after + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
            out[rows] = pixels.numpy().reshape(-1, 3, SIZE, SIZE)
        return out


@dataclass(frozen=True, eq=False)
class Detector:
    """A picture -> its attributes, each there or not."""

    network: nn.Sequential

    @classmethod
    def train(cls, training: Training, seed: int) -> Detector:
        """Train on faces whose attributes are independent, so that none is read off another."""
        generator = np.random.default_rng(seed_for(seed, "detector"))
        faces = drawn(training.faces, generator, independent=True)
        network = _perceptron(PIXELS, len(ATTRIBUTES), 64, seed_for(seed, "weights", "detector"))
        wanted = torch.from_numpy(faces.attributes.astype(np.float32))
        _fit(network, _scaled(render(faces)), wanted, binary_cross_entropy_with_logits, 2 * training.epochs, seed)
        return cls(network)

    def __call__(self, pictures: Pictures) -> NDArray[np.int64]:
        """0 or 1 for each attribute, in the order of `ATTRIBUTES`.  Shape: (n, 3, 16, 16) -> (n, 10)."""
        with torch.no_grad():
            found = [self.network(_scaled(pictures[k : k + CHUNK])) > 0 for k in range(0, len(pictures), CHUNK)]
        read: NDArray[np.int64] = torch.cat(found).numpy().astype(np.int64)
        return read

    def accuracy(self, n: int, seed: int) -> float:
        """The share of attributes that are read right, the worst attribute's, in fresh faces of the model."""
        faces = drawn(n, np.random.default_rng(seed_for(seed, "accuracy")))
        return float((self(render(faces)) == faces.attributes).mean(axis=0).min())


def _perceptron(width: int, out: int, hidden: int, seed: int) -> nn.Sequential:
    """Two hidden layers; the last layer starts at zero."""
    with Made(seed):
        first, second, last = nn.Linear(width, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, out)
    nn.init.zeros_(last.weight)
    return nn.Sequential(first, nn.SiLU(), second, nn.SiLU(), last)


def _fit(
    network: nn.Sequential,
    inputs: Tensor,
    wanted: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    epochs: int,
    seed: int,
) -> None:
    """AdamW whose step follows one cycle (Smith and Topin 2018)."""
    generator = generator_for(seed_for(seed, "order"))
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-4)
    steps = epochs * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps)
    with one_thread(), our_arithmetic(gradients=True):
        for _ in range(epochs):
            for rows in torch.randperm(len(inputs), generator=generator).split(BATCH):
                optimizer.zero_grad()
                loss(network(inputs[rows]), wanted[rows]).backward()
                optimizer.step()
                schedule.step()


def _scaled(pictures: Pictures) -> Tensor:
    """Pixels from -1 to 1.  Shape: (n, 3, 16, 16) bytes -> (n, 768)."""
    return torch.tensor(pictures, dtype=torch.uint8).reshape(len(pictures), PIXELS).float() / 127.5 - 1


def _spread(male: NDArray[Any], young: NDArray[Any], noise: NDArray[Any]) -> Tensor:
    """What a translator is told beside the picture, about as wide as the pixels all together.  Shape: (n, 12)."""
    told = np.concatenate([np.stack([male, young], axis=1), noise], axis=1)
    return torch.from_numpy((8 * told - 4).astype(np.float32))

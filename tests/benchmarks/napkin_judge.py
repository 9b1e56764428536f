"""Judging pictures of coloured digits by a classifier that was trained on separate handwriting.

The handwriting is MNIST's where the environment variable IDGEN_MNIST names the folder of its idx files, or else
scikit-learn's.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg

from idgen_compiler.demo.colored_digits import Bank, labelled_pictures, single_colored
from idgen_compiler.demo.napkin_mnist import ATTRIBUTES, SIZES, Law, total_variation
from idgen_torch.families import FitOptions, FromImages
from idgen_torch.parts import Part

__all__ = ["Judge", "Verdict", "banks", "judge"]

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Verdict:
    """What samples of Y under do(x) look like. TV is total variation, L1 twice that (the paper's Figure 4)."""

    tv: dict[str, float]  #: by attribute
    frechet: float
    single: float


class Judge:
    """Attributes of pictures, and the distance between sets of pictures."""

    def __init__(self, model: FromImages, accuracy: dict[str, float]) -> None:
        self._model = model
        self.accuracy = accuracy  #: by attribute, on pictures that it was not trained on

    @classmethod
    def train(cls, bank: Bank, rows: int = 12_000, epochs: int = 6) -> Judge:
        """Train on four fifths of a bank of digits, and measure on the other fifth."""
        apart = np.arange(len(bank.labels)) % 5 == 4
        learn, check = (Bank(bank.pictures[keep], bank.labels[keep]) for keep in (~apart, apart))
        pictures, codes = labelled_pictures(learn, rows, 0)
        side = bank.size
        picture = Part("picture", dim=3 * side * side, shape=(3, side, side))
        targets = tuple(Part(name, SIZES[f"Y.{name}"]) for name in ATTRIBUTES)
        data = {name: torch.from_numpy(values) for name, values in {"picture": pictures, **codes}.items()}
        judge = cls(FromImages.fit(targets, (picture,), data, options=FitOptions(epochs=epochs)), {})
        fresh, truth = labelled_pictures(check, 3_000, 1)
        seen = judge.attributes(fresh)
        return cls(judge._model, {name: float(np.mean(seen[name] == truth[name])) for name in ATTRIBUTES})

    def attributes(self, pictures: Pictures) -> dict[str, NDArray[np.int64]]:
        """The likeliest code of each attribute.  Shape of each: (rows,)."""
        found = self._model.most_likely({"picture": torch.from_numpy(pictures)})
        return {name: codes.numpy() for name, codes in found.items()}

    def verdict(self, pictures: Pictures, laws: dict[str, Law], real: Pictures) -> Verdict:
        """Compare samples with the true laws of their attributes and with pictures drawn from the truth."""
        seen = self.attributes(pictures)
        shares = {name: np.bincount(seen[name], minlength=len(law)) / len(pictures) for name, law in laws.items()}
        tv = {name: total_variation(shares[name], law) for name, law in laws.items()}
        return Verdict(tv, self.frechet(pictures, real), single_colored(pictures))

    def frechet(self, a: Pictures, b: Pictures) -> float:
        """Fréchet distance of normals fitted to the classifier's features (Heusel et al. 2017, with its features)."""
        (mean_a, cov_a), (mean_b, cov_b) = (self._moments(pictures) for pictures in (a, b))
        root = np.trace(linalg.sqrtm(cov_a @ cov_b).real)
        return float(np.square(mean_a - mean_b).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * root)

    def _moments(self, pictures: Pictures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        features = self._model.features({"picture": torch.from_numpy(pictures)}).double().numpy()
        return features.mean(0), np.cov(features.T) + 1e-6 * np.eye(features.shape[1])


@cache
def banks(side: int) -> tuple[Bank, Bank]:
    """Handwriting to learn from, and other handwriting to judge with."""
    folder = os.environ.get("IDGEN_MNIST")
    if folder:
        return Bank.mnist(folder, side, "train", 20_000), Bank.mnist(folder, side, "test")
    return Bank.bundled(side, "train"), Bank.bundled(side, "test")


@cache
def judge(side: int, quick: bool = False) -> Judge:
    """A judge of pictures of this size, trained in about a minute."""
    return Judge.train(banks(side)[1], 500 if quick else 12_000, 1 if quick else 6)

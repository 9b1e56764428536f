"""Judging pictures of colored digits by a classifier that was trained on separate handwriting.

The handwriting is MNIST's where the environment variable IDGEN_MNIST names the folder of its idx files, or else
scikit-learn's, drawn by one of `RENDERERS`. A trained judge, one for each of them, is kept in the folder IDGEN_PARTS
(out/napkin_images), as are scattered digits.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import linalg
from sklearn.datasets import load_digits

from idgen_compiler.data.part import Part
from idgen_compiler.data.reading.idx import read_idx
from idgen_compiler.demo.colored_digits import Bank, labelled_pictures, single_colored
from idgen_compiler.demo.napkin_mnist import ATTRIBUTES, SIZES, Law, total_variation
from idgen_compiler.demo.scattered_digits import scattered
from idgen_torch.families import FromImages, Run, Task
from idgen_torch.families.images.from_images import FromImagesModel
from idgen_torch.running.files.models import read_model, write_model

__all__ = ["PARTS", "PLAIN", "RENDERERS", "Handwriting", "Judge", "Verdict", "handwriting", "judge"]

PARTS = "out/napkin_images"  #: what is kept between runs
PLAIN, SCATTERED = RENDERERS = ("plain", "scattered")
"""Who draws the digits: `colored_digits`, or `scattered_digits`."""
LEARN, JUDGE_ROWS, JUDGE_EPOCHS = 20_000, 100_000, 8

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Verdict:
    """What samples of Y under do(x) look like. TV is total variation, L1 twice that (the paper's Figure 4)."""

    tv: dict[str, float]  #: by attribute
    frechet: float
    single: float


class Judge:
    """Attributes of pictures, and the distance between sets of pictures."""

    def __init__(self, model: FromImagesModel, accuracy: dict[str, float]) -> None:
        self._model = model
        self.accuracy = accuracy  #: by attribute, on pictures that it was not trained on

    @classmethod
    def train(
        cls, learn: Bank, check: Bank, rows: int, epochs: int, file: Path | None = None, device: str = "cpu"
    ) -> Judge:
        """Train on one bank of digits and measure on another; a `file` keeps what was trained, or gives it back.

        It is trained on the `device`, and works on the CPU.
        """
        side = learn.size
        picture = Part("picture", dim=3 * side * side, shape=(3, side, side))
        targets = tuple(Part(name, SIZES[f"Y.{name}"]) for name in ATTRIBUTES)
        if file is not None and file.exists():
            record = json.loads(file.read_text("utf-8"))
            model = read_model(file.parent, file.stem, record, targets, (picture,), torch.device("cpu"))
        else:
            pictures, codes = labelled_pictures(learn, rows, 0)
            data = {name: torch.from_numpy(values) for name, values in {"picture": pictures, **codes}.items()}
            run = Run(device=torch.device(device))
            model = FromImages(epochs=epochs).fit(Task(targets, (picture,), data), run).to("cpu")
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(write_model(file.parent, file.stem, model)), encoding="utf-8")
        judge = cls(cast("FromImagesModel", model), {})
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


class Handwriting(NamedTuple):
    """Three people's hands, so to say: digits to learn from, others for the judge, and others to judge with."""

    learn: Bank
    judge: Bank
    apart: Bank


@cache
def handwriting(side: int, renderer: str = PLAIN) -> Handwriting:
    """The digits of this size: of MNIST's training files 20,000 and the others, and its test files."""
    folder = os.environ.get("IDGEN_MNIST")
    if renderer == SCATTERED:
        images, labels = _gray(folder)
        last = slice(2 * LEARN, None) if folder else slice(1_200, None)
        parts = (slice(LEARN), slice(LEARN, 2 * LEARN), last) if folder else (slice(900), slice(900, 1_200), last)
        return Handwriting(*(_kept(images[part], labels[part], side, seed) for seed, part in enumerate(parts)))
    if folder:
        given = Bank.mnist(folder, side, "train")
        learn, others = (Bank(given.pictures[part], given.labels[part]) for part in (slice(LEARN), slice(LEARN, None)))
        return Handwriting(learn, others, Bank.mnist(folder, side, "test"))
    given = Bank.bundled(side, "test")
    last = np.arange(len(given.labels)) % 5 == 4
    mine, apart = (Bank(given.pictures[part], given.labels[part]) for part in (~last, last))
    return Handwriting(Bank.bundled(side, "train"), mine, apart)


def _gray(folder: str | None) -> tuple[Pictures, NDArray[np.int64]]:
    """Gray digits, MNIST's training files or scikit-learn's.  Shape: (digits, height, width)."""
    if folder is None:
        bunch = load_digits()
        return np.asarray(bunch.images / 16 * 255).astype(np.uint8), np.asarray(bunch.target, dtype=np.int64)
    found = [next(Path(folder).glob(f"train-{kind}-ubyte*")) for kind in ("images-idx3", "labels-idx1")]
    images, labels = (read_idx(path) for path in found)
    return images[: 2 * LEARN + LEARN // 4], labels[: 2 * LEARN + LEARN // 4].astype(np.int64)


def _kept(images: Pictures, labels: NDArray[np.int64], side: int, seed: int) -> Bank:
    """A bank of scattered digits, from its file where it was drawn before."""
    path = Path(os.environ.get("IDGEN_PARTS", PARTS)) / f"scattered-{len(images)}-{side}-{seed}.npz"
    if path.exists():
        with np.load(path) as file:
            return Bank(file["pictures"], file["labels"])
    bank = scattered(images, labels, side, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(partial, pictures=bank.pictures, labels=bank.labels)
    partial.replace(path)
    return bank


@cache
def judge(side: int, quick: bool = False, device: str = "cpu", renderer: str = PLAIN) -> Judge:
    """A judge of pictures of this size, trained in a few minutes of one core the first time."""
    hands = handwriting(side, renderer)
    if quick:
        return Judge.train(hands.judge, hands.apart, rows=500, epochs=1)
    of = "mnist" if os.environ.get("IDGEN_MNIST") else "bundled"
    of += "" if renderer == PLAIN else f"-{renderer}"
    file = Path(os.environ.get("IDGEN_PARTS", PARTS)) / f"judge-{of}-{side}-{JUDGE_ROWS}.json"
    return Judge.train(hands.judge, hands.apart, JUDGE_ROWS, JUDGE_EPOCHS, file, device)

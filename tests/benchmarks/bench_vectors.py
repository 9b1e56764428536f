"""Vectors given a picture or a category: drawn all at once by diffusion, or one entry after the other.

The law: two latent branches and a circle, bent by the digit that the input shows, mapped to so many entries by a random
matrix, with noise on each. 10,000 rows, every family's own defaults, one thread. The error is the sliced Wasserstein-1
distance (256 directions, entries in standard deviations) between 12,000 samples and as many draws from the truth, on
pictures of other handwriting, digit by digit; `floor` is the same between two draws from the truth. Given a picture the
families are `from-images` and `vector-diffusion`, given the digit itself `flow` and `vector-diffusion`, up to 32
entries, since `flow` has a network of its own for each.
Digits: MNIST's idx files in the folder IDGEN_MNIST, or scikit-learn's bundled ones.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.demo.colored_digits import Bank, labelled_pictures
from idgen_torch.families import Task, Tuning
from idgen_torch.parts import Values
from tests.benchmarks.napkin_judge import handwriting
from tests.benchmarks.report import Row

__all__ = ["run"]

SIDE, ROWS, SAMPLES, DIRECTIONS = 16, 10_000, 12_000, 256
LATENTS, NOISE = 6, 0.15
SIZES = {"picture": (2, 8, 32, 128), "digit": (2, 8, 32)}
FAMILIES = {"picture": ("from-images", "vector-diffusion"), "digit": ("flow", "vector-diffusion")}
INPUTS = {"picture": Part("picture", dim=3 * SIDE**2, shape=(3, SIDE, SIDE)), "digit": Part("digit", 10)}


def run(quick: bool) -> list[Row]:
    """A row for each kind of input, size and family."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        hands = handwriting(SIDE)
        learn, fresh = (
            _inputs(hands.learn, 100 if quick else ROWS, 0),
            _inputs(hands.apart, 100 if quick else SAMPLES, 1),
        )
        cases = [(kind, size) for kind in INPUTS for size in (SIZES[kind][:1] if quick else SIZES[kind])]
        return [_row(kind, size, name, learn, fresh, quick) for kind, size in cases for name in FAMILIES[kind]]
    finally:
        torch.set_num_threads(threads)


def _inputs(bank: Bank, count: int, seed: int) -> Values:
    pictures, codes = labelled_pictures(bank, count, seed)
    return {"picture": torch.from_numpy(pictures), "digit": torch.from_numpy(codes["digit"])}


def _row(kind: str, size: int, name: str, learn: Values, fresh: Values, quick: bool) -> Row:
    matrix = torch.randn(LATENTS, size, generator=torch.Generator().manual_seed(0)) / LATENTS**0.5
    seen, truth, other = (_draw(rows["digit"], matrix, seed) for seed, rows in enumerate((learn, fresh, fresh)))
    mean, sd = seen.mean(0), seen.std(0)
    target, given = Part("v", dim=size), INPUTS[kind]
    rows = {"v": (seen - mean) / sd, given.name: learn[given.name]}
    began = time.process_time()
    model = Tuning.read({"epochs": 1 if quick else None}).recipe(name).fit(Task((target,), (given,), rows))
    fitted = time.process_time()
    drawn = model.sample({given.name: fresh[given.name]}, len(truth), torch.Generator().manual_seed(1))["v"]
    took = time.process_time() - fitted
    true, again = ((values - mean) / sd for values in (truth, other))
    return {
        "given": kind,
        "entries": size,
        "family": name,
        "error": _distance(drawn, true, fresh["digit"]),
        "floor": _distance(again, true, fresh["digit"]),
        "fit, processor s": fitted - began,
        "samples/s": len(truth) / took,
    }


def _draw(digit: Tensor, matrix: Tensor, seed: int) -> Tensor:
    """Vectors of these digits.  Shape: digit (rows,), matrix (latents, size) -> (rows, size)."""
    stream, n, d = torch.Generator().manual_seed(10 + seed), len(digit), digit.float()
    branch = (torch.rand(n, generator=stream) < 0.3).float() * 2 - 1
    angle = torch.rand(n, generator=stream) * 2 * np.pi
    e = torch.randn(n, 2, generator=stream)
    latents = (
        torch.cos(0.6 * d) + branch, torch.sin(0.6 * d) * branch, torch.cos(angle) * (1 + d / 10), torch.sin(angle),
        0.3 * e[:, 0], e[:, 1].abs() * branch,
    )  # fmt: skip
    return torch.stack(latents, 1) @ matrix + NOISE * torch.randn(n, matrix.shape[1], generator=stream)


def _distance(a: Tensor, b: Tensor, digit: Tensor) -> float:
    """Sliced Wasserstein-1 distance of the rows of each digit, averaged.  Shape: a, b (rows, size), digit (rows,)."""
    directions = torch.randn(a.shape[1], DIRECTIONS, generator=torch.Generator().manual_seed(3))
    directions /= directions.norm(dim=0)
    apart = [
        ((a[digit == d] @ directions).sort(0).values - (b[digit == d] @ directions).sort(0).values).abs().mean()
        for d in digit.unique()
    ]
    return float(torch.stack(apart).mean())

"""What an image model is taught and how it is sampled: the objectives and samplers that diffusers has, side by side.

One network (the default for a CPU) is trained on each objective for equally many steps on the same 20,000 rows of the
napkin's pictures, 16 x 16, as P(Y | X), and sampled by each scheduler that fits, at several numbers of network passes.
A classifier trained on separate handwriting reads samples and real rows at the same 1,500 x: `single` is the fraction
of pictures without blended colors, `Y.d=X.d` how often Y has X's digit (X.d as read, too), `color TV` the total
variation between drawn and real P(y.c | x.c), averaged over x.c, and the Fréchet distance is in the classifier's
features. Digits: MNIST's idx files in the folder IDGEN_MNIST, or scikit-learn's bundled ones. IDGEN_STEPS (2,000) and
IDGEN_WORKERS (one a core) set the training steps and how many networks are trained at once, with one thread each.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from idgen_compiler.data.part import Part
from idgen_compiler.demo.colored_digits import Pictures, napkin_images, single_colored
from idgen_compiler.demo.napkin_mnist import COLORS, PAPER, total_variation
from idgen_torch.families import Diffusion, Task
from idgen_torch.families.images.drawn import DiffusionModel
from idgen_torch.nets.processes import OBJECTIVES, samplers_of
from tests.benchmarks.napkin_judge import handwriting, judge
from tests.benchmarks.report import Row

__all__ = ["run"]

SIDE, ROWS, SAMPLES, STEPS = 16, 20_000, 1_500, 2_000
PASSES = (10, 20, 50)


def run(quick: bool) -> list[Row]:
    """A row for the real pictures and each objective, sampler and number of passes."""
    workers = int(os.environ.get("IDGEN_WORKERS", os.cpu_count() or 1))
    tasks = [(objective, quick) for objective in OBJECTIVES]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return [_real(quick), *(row for rows in pool.map(_trained, tasks) for row in rows)]


def _trained(task: tuple[str, bool]) -> list[Row]:
    """Train on one objective, and sample in every way that fits it."""
    objective, quick = task
    torch.set_num_threads(1)
    data, samples = _data(quick)
    steps = 5 if quick else int(os.environ.get("IDGEN_STEPS", STEPS))
    how = Diffusion(steps=steps, objective=objective, precision="bf16")
    shape = (3, SIDE, SIDE)
    x, y = (Part(name, dim=3 * SIDE * SIDE, shape=shape) for name in ("X", "Y"))
    rows = {name: torch.from_numpy(data[name]) for name in ("X", "Y")}
    began = time.process_time()
    model = how.fit(Task((y,), (x,), rows))
    training = time.process_time() - began
    found: list[Row] = []
    for sampler in samplers_of(objective):
        for passes in (2,) if quick else PASSES:
            sampled = DiffusionModel(
                replace(model.recipe, sampler=sampler, sampling_steps=passes), (y,), (x,), model.network
            )
            given = {"X": rows["X"][:samples]}
            began = time.process_time()
            drawn = sampled.sample(given, samples, torch.Generator().manual_seed(1))["Y"].numpy()
            speed = samples / (time.process_time() - began)
            row: Row = {"objective": objective, "sampler": sampler, "passes": passes}
            found.append(row | _measured(drawn, quick) | {"training s": training, "samples/s": speed})
    return found


def _real(quick: bool) -> Row:
    data, samples = _data(quick)
    blank: Row = {"objective": "(real rows)", "sampler": None, "passes": None}
    return blank | _measured(data["Y"][:samples], quick) | {"training s": None, "samples/s": None}


def _measured(y: Pictures, quick: bool) -> Row:
    """Pictures of Y at the first rows' X, against real ones at other rows'."""
    data, samples = _data(quick)
    reading = judge(SIDE, quick)
    x, real = data["X"], data["Y"][samples:]
    seen_x, seen_y, seen_real = (reading.attributes(pictures) for pictures in (x, y, real))
    here, there = seen_x["color"][:samples], seen_x["color"][samples:]
    both = [color for color in range(len(COLORS)) if (here == color).any() and (there == color).any()]
    apart = [
        total_variation(_law(seen_y["color"][here == color]), _law(seen_real["color"][there == color]))
        for color in both
    ]
    return {
        "single": single_colored(y),
        "Y.d=X.d": float(np.mean(seen_y["digit"] == seen_x["digit"][:samples])),
        "color TV": float(np.mean(apart)),
        "Fréchet": reading.frechet(y, real[:samples]),
    }


def _law(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.bincount(codes, minlength=len(COLORS)) / len(codes)


def _data(quick: bool) -> tuple[dict[str, Pictures], int]:
    """Rows of the napkin, and how many of them samples are drawn for."""
    data, _ = napkin_images(handwriting(SIDE).learn, 300 if quick else ROWS, 0, PAPER)
    return data, 60 if quick else SAMPLES

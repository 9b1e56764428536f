"""One diffusion model by several workers: seconds a step, and what sharing a batch costs.

Workers are processes of one thread, joined by gloo as Ray Train joins them; each takes its share of every batch of 64
pictures, and the gradients are averaged. Wall: seconds a step, the first one left out. Processor: seconds of all
workers a step. Over: what they compute more than one worker does, in processor seconds. Ideal: the wall time of one
worker over the number of workers, as a share of the time that it took; other work on the machine makes it smaller,
since workers wait for each other. One and two run the same steps in turns, three times; the least of each counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from idgen_compiler.data.part import Part
from idgen_torch.arithmetic import our_arithmetic
from idgen_torch.families import Diffusion, Run, Task
from idgen_torch.training import diffusion
from tests.benchmarks.report import Row
from tests.idgen_torch.training.crewed import together

__all__ = ["run"]

SIZES = {"16 x 16, channels 32, 64": (16, (32, 64), 30), "32 x 32, channels 64, 128": (32, (64, 128), 10)}
"""What -> side of the pictures, channels of the network, and steps."""

ROUNDS, ROWS = 3, 256


def run(quick: bool) -> list[Row]:
    rows: list[Row] = []
    for what in list(SIZES)[: 1 if quick else None]:
        taken: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for _ in range(1 if quick else ROUNDS):
            for size, found in taken.items():
                found.append(_trained(what, size))
        wall, processor = ({size: min(each[k] for each in found) for size, found in taken.items()} for k in (0, 1))
        for size in taken:
            over = None if size == 1 else f"{processor[size] / processor[1] - 1:.1%}"
            ideal = None if size == 1 else f"{wall[1] / size / wall[size]:.2f}"
            rows.append({"what": what, "workers": size, "wall": wall[size], "processor": processor[size],
                         "over": over, "of ideal": ideal})  # fmt: skip
    return rows


def _trained(what: str, size: int) -> tuple[float, float]:
    """Seconds a step, and processor seconds of all workers a step."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
        joined = {**environment, "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1"}
        command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.bench_shared", what, folder, str(size)]
        workers = [
            subprocess.Popen([*command, str(rank)], env={**joined, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                             stderr=subprocess.DEVNULL)
            for rank in range(size)
        ]  # fmt: skip
        if any(worker.wait() for worker in workers):
            raise RuntimeError("a worker failed")
        told = [json.loads((Path(folder) / f"{rank}.json").read_text("utf-8")) for rank in range(size)]
    return told[0][0], sum(each[1] for each in told)


class _Clock:
    """Takes the time from the end of the first step to the end of the last, of a training in this process."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float]] = []
        descend = diffusion._Training.descend

        def timed(training: Any, step: int, lr: float) -> torch.Tensor:
            found = descend(training, step, lr)
            self.ends.append((time.perf_counter(), time.process_time()))
            return found

        diffusion._Training.descend = timed  # type: ignore[method-assign]

    @property
    def a_step(self) -> list[float]:
        """Seconds, and processor seconds."""
        return [(self.ends[-1][k] - self.ends[0][k]) / (len(self.ends) - 1) for k in (0, 1)]


def _work(what: str, folder: Path, size: int, rank: int) -> None:
    side, channels, steps = SIZES[what]
    part, given = Part("p", dim=3 * side * side, shape=(3, side, side)), Part("a", 10)
    generator = torch.Generator().manual_seed(0)
    rows = {
        "p": torch.randint(256, (ROWS, 3, side, side), generator=generator, dtype=torch.uint8),
        "a": torch.randint(10, (ROWS,), generator=generator),
    }
    recipe, clock = Diffusion(steps=steps, batch_size=64, channels=channels, kinds=1), _Clock()
    task = Task((part,), (given,), rows)
    if size > 1:
        together(rank, size, folder, rows, lambda asking: recipe.fit(task, Run(seed=0, helpers=asking("job"))))
    else:
        with our_arithmetic(gradients=True):
            recipe.fit(task, Run(seed=0))
    (folder / f"{rank}.json").write_text(json.dumps(clock.a_step), encoding="utf-8")


if __name__ == "__main__":
    _work(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

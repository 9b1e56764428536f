"""Drawing images into a Parquet file from a saved sampler: memory must not grow with the number of samples.

The program is P(Y | do(D, C)) with Y an image (8x8, color) of a digit D in a color C, and its one model a small
diffusion model of two network passes a sample, as memory is what is measured. Each file is written by
`idgen sample DIR -n N --do D=3 --do C=1 --out FILE.parquet` in a process of its own on one thread; the peak is that
process' largest resident set, libraries included.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from pyarrow import parquet

import idgen_compiler as idgen
from idgen_compiler.demo.colored_digits import Bank
from idgen_torch import Diffusion
from tests.benchmarks.report import Row

__all__ = ["run"]

SMALL = Diffusion(steps=300, batch_size=64, channels=(8, 16), sampling_steps=2, precision="bf16")


def run(quick: bool) -> list[Row]:
    threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as folder:
        torch.set_num_threads(1)
        _save(Path(folder, "fitted"))
        torch.set_num_threads(threads)
        counts = (1_000, 4_000) if quick else (10_000, 100_000, 1_000_000)
        return [_row(Path(folder), count) for count in counts]


def _save(folder: Path) -> None:
    generator = np.random.default_rng(0)
    bank = Bank.bundled(8)
    digits, colors = (generator.integers(high, size=4_000) for high in (10, 6))
    pictures = bank.colored(bank.draw(digits, generator), colors, np.ones_like(colors))
    program = idgen.compile(idgen.Query.parse("P(Y | do(D, C))"), idgen.ADMG.parse("D -> C -> Y; D -> Y"))
    program.fit(
        {"D": digits, "C": colors, "Y": pictures},
        backend="torch",
        device="cpu",
        progress=False,
        images=SMALL,
        family={model.result: "diffusion" for model in program.models},
    ).save(folder)


def _row(folder: Path, count: int) -> Row:
    file = folder / "y.parquet"
    command = [sys.executable, "-m", "idgen_compiler", "sample", str(folder / "fitted"), "-n", str(count)]
    command += ["--do", "D=3", "--do", "C=1", "--seed", "0", "--out", str(file)]
    start = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | {"OMP_NUM_THREADS": "1"})
    _, status, used = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "samples": parquet.read_metadata(file).num_rows,
        "seconds": seconds,
        "samples/s": count / seconds,
        "peak memory, MB": used.ru_maxrss / 1024,  # KiB on Linux
        "file, MB": file.stat().st_size / 2**20,
    }

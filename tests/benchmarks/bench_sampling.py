"""Sampling discrete programs, beside a torch sampler written by hand over the same tables.

The hand-written sampler visits the same network, draws each variable by inverting its cumulative law and decodes
nothing.
Millions of samples a second, best of several runs on one thread; a ratio above 1 means that the program is faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch

from idgen_compiler.ir.operations import Apply
from idgen_compiler.program import Program
from idgen_torch import TorchBackend, TorchSampler
from idgen_torch.families.tables.table import TableModel
from tests.benchmarks.report import Row

__all__ = ["run"]

STEPS = """
program "P(Y | do(X))" {{
  graph "{graph}"
  %obs = observe [{names}]
{models}
  sample (X) {{
{statements}
  }} -> [Y]
}}
"""


def run(quick: bool) -> list[Row]:
    n = 100_000 if quick else 1_000_000
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [_row(length, categories, n) for length, categories in ((2, 2), (3, 3), (10, 5), (10, 20))]
    finally:
        torch.set_num_threads(threads)


def _row(length: int, categories: int, n: int) -> Row:
    program = _chain(length)
    sampler = TorchBackend().fit(
        program,
        _rows(length, categories),
        device="cpu",
        progress=False,
        family={op.result: "table" for op in program.models},
    )
    tables = _tables(sampler)
    by_hand = _best(lambda: _sample_by_hand(tables, n))
    ours = _best(lambda: sampler.sample(n, do={"X": 1}, seed=0))
    return {
        "variables": length,
        "categories": categories,
        "by hand, M/s": n / by_hand / 1e6,
        "compiled, M/s": n / ours / 1e6,
        "ratio": by_hand / ours,
    }


def _chain(length: int) -> Program:
    """X -> V1 -> ... -> Y; every variable but X is sampled given the one before."""
    names = ["X", *(f"V{k}" for k in range(1, length - 1)), "Y"]
    steps = list(pairwise(names))
    return Program.parse(
        STEPS.format(
            graph="; ".join(f"{before} -> {after}" for before, after in steps),
            names=", ".join(names),
            models="\n".join(f"  %m{k} = train %obs : {after} | {before}" for k, (before, after) in enumerate(steps)),
            statements="\n".join(f"    {after} ~ %m{k}({before})" for k, (before, after) in enumerate(steps)),
        )
    )


def _rows(length: int, categories: int, rows: int = 20_000) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    columns = [random.integers(0, categories, rows)]
    for _ in range(length - 1):
        columns.append((columns[-1] + random.integers(0, categories, rows) ** 2 // categories) % categories)
    return dict(zip(["X", *(f"V{k}" for k in range(1, length - 1)), "Y"], columns, strict=True))


def _tables(sampler: TorchSampler) -> list[torch.Tensor]:
    """The conditional tables in the order of the network.  Shape: each (input cells, categories) float32."""
    tables = []
    for statement in sampler.program.sampler.network.statements:
        model = sampler.fitted.models[statement.model] if isinstance(statement, Apply) else None
        if not isinstance(model, TableModel):
            raise TypeError("this benchmark compares count tables only")
        tables.append(model.probabilities.float())
    return tables


def _sample_by_hand(tables: list[torch.Tensor], n: int) -> np.ndarray:
    generator = torch.Generator().manual_seed(0)
    values = torch.ones(n, dtype=torch.long)
    for table in tables:
        cumulative = table.cumsum(1)[:, :-1]
        height = torch.rand((n, 1), generator=generator)
        values = (height > cumulative[values]).sum(1)
    return values.numpy()


def _best(call: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of the fastest run."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return min(taken)

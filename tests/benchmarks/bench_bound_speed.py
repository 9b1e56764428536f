"""Bound models: what sampling costs beside calling the same model by hand.

A program whose outcome is drawn by a bound kernel given a treatment, sampled with `sampler.sample`, against the bare
model called in a loop with the same batches, inputs and number of rows. `pipeline` is one of diffusers (a UNet of
random weights, pictures 3 x 16 x 16 of a class, 10 steps of DDPM, batches of 16), `module` a classifier of three
layers whose softmax labels are drawn from, and `function` a callable of NumPy that adds noise. Both are measured in
processor seconds of one thread, in turns, the best of several; `ratio` is bare / bound: 1 where binding costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import idgen_compiler as idgen
from idgen_torch.bound import Module, OneHot, Pipeline, numpy_stream
from tests.benchmarks.report import Row
from tests.pipelines import class_pipeline

__all__ = ["run"]

LABELS = ("a", "b", "c")
BATCH, STEPS = 16, 10


def run(quick: bool) -> list[Row]:
    torch.set_num_threads(1)
    turns = 2 if quick else 7
    cases = {"pipeline": _pipeline(2 * BATCH), "module": _module(200_000), "function": _function(200_000)}
    return [_row(name, *case, turns) for name, case in cases.items()]


def _row(name: str, rows: int, bare: Callable[[int], Any], bound: Callable[[int], Any], turns: int) -> Row:
    bare(0), bound(0)
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns):
        for times, call in zip(spent, (bare, bound), strict=True):
            start = time.process_time()
            call(turn)
            times.append(time.process_time() - start)
    best, mine = map(min, spent)
    return {"model": name, "rows": rows, "bare (s)": best, "bound (s)": mine, "ratio": best / mine}


def _sampler(target: Any, model: Any) -> Any:
    rng = np.random.default_rng(0)
    data = {"X": rng.choice(np.array(LABELS, dtype=object), 300), "Y": target(rng)}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"), bound=["Y | X"])
    return program.fit(data, bind={"Y | X": model}, check_graph=False, progress=False)


def _bound(sampler: Any, rows: int) -> Callable[[int], Any]:
    given = np.array(LABELS, dtype=object)[np.arange(rows) % 3]
    return lambda seed: sampler.sample(rows, do={"X": given}, seed=seed)


def _pipeline(rows: int) -> tuple[int, Callable[[int], Any], Callable[[int], Any]]:
    pipeline = class_pipeline(side=16, channels=(32, 64))
    kernel = Pipeline(pipeline, classes="X", labels=LABELS, options={"num_inference_steps": STEPS}, batch=BATCH)
    sampler = _sampler(lambda rng: rng.integers(0, 256, (300, 3, 16, 16)).astype(np.uint8), kernel)

    def bare(seed: int) -> Any:
        generator = torch.Generator().manual_seed(seed)
        codes = [code % 3 for code in range(rows)]
        return [
            pipeline(codes[k : k + BATCH], generator=generator, num_inference_steps=STEPS, output_type="np").images
            for k in range(0, rows, BATCH)
        ]

    return rows, bare, _bound(sampler, rows)


def _module(rows: int) -> tuple[int, Callable[[int], Any], Callable[[int], Any]]:
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        layers = [torch.nn.Linear(3, 256), torch.nn.SiLU(), torch.nn.Linear(256, 256), torch.nn.SiLU()]
        module = torch.nn.Sequential(*layers, torch.nn.Linear(256, 3)).eval()
    kernel = Module(module, {"X": OneHot(LABELS)}, gives="logits", labels=LABELS, batch=2**14)
    sampler = _sampler(lambda rng: rng.choice(np.array(LABELS, dtype=object), 300), kernel)

    def bare(seed: int) -> Any:
        generator = torch.Generator().manual_seed(seed)
        codes = torch.nn.functional.one_hot(torch.arange(rows) % 3, 3).float()
        with torch.inference_mode():
            chances = [module(piece).softmax(1) for piece in codes.split(2**14)]
            drawn = torch.cat([torch.multinomial(piece, 1, generator=generator)[:, 0] for piece in chances])
        return np.array(LABELS, dtype=object)[drawn.numpy()]

    return rows, bare, _bound(sampler, rows)


def _function(rows: int) -> tuple[int, Callable[[int], Any], Callable[[int], Any]]:
    place = {label: float(code) for code, label in enumerate(LABELS)}

    def model(inputs: Any, n: int, generator: torch.Generator) -> Any:
        shifts = np.array([place[label] for label in inputs["X"].tolist()])
        return shifts + numpy_stream(generator).normal(size=n)

    sampler = _sampler(lambda rng: rng.normal(size=300), model)
    given = np.array(LABELS, dtype=object)[np.arange(rows) % 3]
    return rows, lambda seed: model({"X": given}, rows, torch.Generator().manual_seed(seed)), _bound(sampler, rows)

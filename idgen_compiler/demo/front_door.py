"""The front door in numbers: a linear-Gaussian model, whose effect is known in closed form, against trained flows."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.compile import compile
from idgen_compiler.demo import DemoSettings
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import identify
from idgen_compiler.query import Query
from idgen_compiler.report.page import Page
from idgen_compiler.verify import verify

__all__ = ["observe", "run", "seen", "truth"]

GRAPH, QUERY = "X -> M -> Y; X <-> Y", "P(Y | do(X))"
ROWS, QUICK_ROWS, SAMPLES = 20_000, 4_000, 100_000

# X = U + e1, M = A X + e2, Y = B M - C U + e3, with standard normal U, e1, e2, e3; U stays hidden.
A, B, C = 0.8, 1.0, 1.5


def observe(rows: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Rows of X, M and Y."""
    u, e1, e2, e3 = np.random.default_rng(seed).standard_normal((4, rows))
    x = u + e1
    m = A * x + e2
    return {"X": x, "M": m, "Y": B * m - C * u + e3}


def truth(x: float) -> tuple[float, float]:
    """Mean and standard deviation of P(Y | do(X = x)): Y = A B x + B e2 - C U + e3 with U as it was."""
    return A * B * x, float(np.sqrt(B**2 + C**2 + 1))


def seen(x: float) -> tuple[float, float]:
    """Mean and standard deviation of P(Y | X = x): there, U has mean x / 2 and variance 1 / 2."""
    return (A * B - C / 2) * x, float(np.sqrt(B**2 + C**2 / 2 + 1))


def run(page: Page, settings: DemoSettings) -> bool:
    """Tell the story; True if the verification found no difference."""
    graph, query = ADMG.parse(GRAPH), Query.parse(QUERY)
    rows = settings.rows or (QUICK_ROWS if settings.quick else ROWS)
    page.title(f"What is {query} through the front door?", below="linear-Gaussian")
    page.text(f"Graph: {GRAPH}.  X = U + e1,  M = {A} X + e2,  Y = {B} M - {C} U + e3;  U stays hidden.")

    page.heading("1. Trace")
    page.code(str(identify(query, graph).trace))
    page.heading("2. Estimand")
    page.code(str(identify(query, graph).estimand))
    program = compile(query, graph)
    page.heading("3. Program")
    page.code(str(program))
    page.heading("4. Verification: random models with hidden causes, exact fractions")
    report = verify(query, graph, models=3 if settings.quick else 10, seed=settings.seed)
    page.text(str(report))

    page.heading("5. Fit")
    start = time.perf_counter()
    options: dict[str, Any] = {"epochs": 5, "rows_factor": 3, "ensemble": 1} if settings.quick else {"rows_factor": 5}
    sampler = program.fit(observe(rows, settings.seed), backend="torch", seed=settings.seed, **options)
    page.text(f"{rows:,} rows, {len(program.models)} models, {time.perf_counter() - start:.0f} s")

    page.heading(f"6. Answer: mean and standard deviation of Y in {SAMPLES:,} samples")
    lines = []
    for x in (-2.0, -1.0, 0.0, 1.0, 2.0):
        y = sampler.sample(SAMPLES, do={"X": x}, seed=settings.seed)["Y"]
        laws = ((float(y.mean()), float(y.std())), truth(x), seen(x))
        lines.append([f"{x:+.0f}", *(f"{mean:+.2f} ({sd:.2f})" for mean, sd in laws)])
    page.table(("X", "sampled", "truth P(Y | do(X))", "plain P(Y | X)"), lines, numbers=(0, 1, 2, 3))
    return report.ok

"""A treatment set where it has few rows: how far answers are off there, and whether the samples say so.

P(Y | do(X)) on Z -> X -> Y, Z -> Y with Y = f(X) + Z + .5 noise and X = shape + Z / 2: five curves f and four shapes,
of 1,000 and of 10,000 rows, default options. Each fit is asked for the mean of Y at twelve values of X: the outermost,
the third and the tenth from either end, the 1, 5, 50, 95 and 99 % quantiles, and half way between the ends, which is a
gap of two clusters. An answer is off where its mean of 8,000 samples is more than one standard deviation of the noise
from the truth, and right within .2 of one; told where `sample` warns. Curves and shapes are those that the thresholds
were set on, on other draws.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import idgen_compiler as idgen
from tests.benchmarks.report import Row

__all__ = ["run"]

Array = np.ndarray
NOISE, OFF, RIGHT = 0.5, 1.0, 0.2
SAMPLES = 8_000
CURVES: dict[str, Callable[[Array], Array]] = {
    "line": lambda x: x,
    "sine": lambda x: 3 * np.sin(1.5 * x),
    "kink": lambda x: x + 6 * np.maximum(x - 2, 0),
    "square": lambda x: x * x / 2,
    "step": lambda x: 3 * np.tanh(4 * x),
}
SHAPES: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "normal": lambda random, n: random.normal(size=n),
    "two clusters": lambda random, n: random.choice([-3, 3], n) + 0.5 * random.normal(size=n),
    "lognormal": lambda random, n: np.exp(0.6 * random.normal(size=n)),
    "four outliers": lambda random, n: np.where(
        np.arange(n) < 4, random.choice([-1, 1], n) * random.uniform(10, 30, n), random.normal(size=n)
    ),
}


@dataclass(frozen=True)
class Answer:
    """How far it is off, in deviations of the noise, and whether the samples warned."""

    off: float
    told: bool


def run(quick: bool) -> list[Row]:
    """A row for each size and shape, and one for all."""
    sizes = (1_000,) if quick else (1_000, 10_000)
    curves = {"kink": CURVES["kink"]} if quick else CURVES
    options = {"epochs": 2} if quick else {}
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    rows, everything = list[Row](), list[Answer]()
    for n in sizes:
        for place, shape in enumerate(SHAPES):
            found = [
                answer
                for number, curve in enumerate(curves)
                for answer in _answers(program, shape, curve, n, [n, place, number], options)
            ]
            rows.append(_row(f"{n:,} rows", shape, found))
            everything += found
    return [*rows, _row("all", "", everything)]


def _answers(
    program: idgen.Program, shape: str, curve: str, n: int, seed: list[int], options: dict[str, int]
) -> Iterator[Answer]:
    random, f = np.random.default_rng(seed), CURVES[curve]
    z = random.normal(size=n)
    x = SHAPES[shape](random, n) + 0.5 * z
    y = f(x) + z + NOISE * random.normal(size=n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = program.fit({"Z": z, "X": x, "Y": y}, seed=0, progress=False, device="cpu", **options)
    own = np.sort(x)
    places = [own[k] for k in (0, 2, 9, n // 100, n // 20, n // 2, -n // 20, -n // 100, -10, -3, -1)]
    for at in (*places, (own[0] + own[-1]) / 2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            drawn = sampler.sample(SAMPLES, do={"X": float(at)}, seed=1)["Y"]
        yield Answer(abs(float(drawn.mean() - f(at) - z.mean())) / NOISE, bool(caught))


def _row(rows: str, shape: str, found: list[Answer]) -> Row:
    off = [answer for answer in found if answer.off > OFF]
    told = [answer for answer in found if answer.told]
    return {
        "rows": rows,
        "X": shape,
        "answers": len(found),
        "off": len(off),
        "off, told": sum(answer.told for answer in off),
        "told": len(told),
        "told, though right": sum(answer.off < RIGHT for answer in told),
        "largest error": max(answer.off for answer in found),
        "largest, not told": max((answer.off for answer in found if not answer.told), default=0.0),
    }

"""Tables as people have them: outliers, long tails, point masses, caps, counts, codes, rare levels, offsets and units.

P(Y | do(X)) on Z -> X -> Y; Z -> Y in models whose truth is known, 5,000 rows, default options, seeds that nothing was
tuned on. Each faulty table has a clean twin: the same model and rows before the fault. Errors are those of the
quantiles of Y | do(X = x) at 5, 25, 50, 75 and 95 %, the largest over x = 0 and 1, in standard deviations of the clean
outcome's ranks mapped onto the normal law (so that long tails and point masses count as the data's own law does), as
mean (worst) of the seeds; "said" is how many of the fits warned, of
whatever. The bar is .1, twice the
twin's error, or a warning.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import norm

import idgen_compiler as idgen
from idgen_compiler.errors import DataWarning, OverlapWarning
from tests.benchmarks.report import Row

__all__ = ["CASES", "Case", "run"]

Array = np.ndarray[Any, Any]
Table = dict[str, Any]
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Case:
    """A model of Z and of Y given Z and X, and what spoils a table of it, in its rows or in how they are written."""

    cause: Callable[[np.random.Generator, int], Array] = field(default=lambda r, n: r.normal(size=n))
    outcome: Callable[[np.random.Generator, Array, Array], Array] = field(default=lambda r, z, x: line(r, z, x))
    spoil: Callable[[np.random.Generator, Table], None] | None = None
    back: Callable[[Array], Array] | None = None  #: samples of Y in the unit of the clean twin
    chance: Callable[[Array], Array] = field(default=lambda z: 1 / (1 + np.exp(-1.2 * z)))

    def rows(self, rng: np.random.Generator, n: int, x: int | None = None) -> Table:
        z = self.cause(rng, n)
        treated = (rng.random(n) < self.chance(z)).astype(int) if x is None else np.full(n, x)
        return {"Z": z, "X": treated, "Y": self.outcome(rng, z, treated)}


def line(rng: np.random.Generator, z: Array, x: Array) -> Array:
    return np.asarray(x + z + 0.7 * rng.normal(size=len(z)))


def put(name: str, value: float, rows: int | float) -> Callable[[np.random.Generator, Table], None]:
    """Put a value into some rows, or into a fraction of them."""

    def spoil(rng: np.random.Generator, table: Table) -> None:
        count = rows if isinstance(rows, int) else round(rows * len(table[name]))
        table[name] = table[name].astype(np.float64)
        table[name][rng.choice(len(table[name]), count, replace=False)] = value

    return spoil


def scaled(
    by: float, offset: float = 0.0
) -> tuple[Callable[[np.random.Generator, Table], None], Callable[[Array], Array]]:
    def spoil(rng: np.random.Generator, table: Table) -> None:
        table["Z"], table["Y"] = table["Z"] * by + offset, table["Y"] * by + offset

    return spoil, lambda y: (y - offset) / by


def in_unit(by: float, offset: float = 0.0) -> Case:
    spoil, back = scaled(by, offset)
    return Case(spoil=spoil, back=back)


def scattered(rng: np.random.Generator, table: Table) -> None:
    table["Z"][rng.choice(len(table["Z"]), 20, replace=False)] = 10.0 ** rng.uniform(3, 9, 20)


def as_int64(rng: np.random.Generator, table: Table) -> None:
    table["Y"] = np.round(1000 * table["Y"]).astype(np.int64)
    table["Y"][7] = np.iinfo(np.int64).max


SITES = np.random.default_rng(90).normal(size=90)


def _cost(r: np.random.Generator, z: Array, x: Array) -> Array:
    pays = r.random(len(z)) < 1 / (1 + np.exp(-(0.5 * z + 0.5 * x - 0.5)))
    return np.asarray(np.where(pays, np.round(np.exp(4 + 0.5 * z + 0.3 * x + r.normal(size=len(z))), 2), 0.0))


def _counts(r: np.random.Generator, z: Array, x: Array) -> Array:
    return r.poisson(r.gamma(0.4, 1, len(z)) * np.exp(0.8 + 0.7 * z + 0.5 * x))


def _hours(r: np.random.Generator, z: Array, x: Array) -> Array:
    return np.asarray(np.minimum(36 + 3 * x + 4 * z + 3 * r.normal(size=len(z)), 40))


def _share(r: np.random.Generator, z: Array, x: Array) -> Array:
    return r.beta(np.exp(0.5 * z + 0.4 * x), np.exp(0.6 - 0.3 * z))


def _income(r: np.random.Generator, n: int) -> Array:
    return np.asarray(np.where(r.random(n) < 0.4, 0.0, np.round(np.exp(r.normal(10, 0.8, n)), -2)))


def _of_income(z: Array) -> Array:
    return np.asarray(np.where(z > 0, (np.log(np.maximum(z, 1)) - 10) / 2, -1.0))


CASES: dict[str, Case] = {
    "4 typed 1e5, cause": Case(spoil=put("Z", 1e5, 4)),
    "1 % typed -9999, cause": Case(spoil=put("Z", -9999, 0.01)),
    "5 % typed 999, cause": Case(spoil=put("Z", 999, 0.05)),
    "20 of 1e3 to 1e9, cause": Case(spoil=scattered),
    "one of 1e4, outcome": Case(spoil=put("Y", 1e4, 1)),
    "one of 1e5, outcome": Case(spoil=put("Y", 1e5, 1)),
    "one of 1e12, outcome": Case(spoil=put("Y", 1e12, 1)),
    "one of 1e300, outcome": Case(spoil=put("Y", 1e300, 1)),
    "10 of -1e6, outcome": Case(spoil=put("Y", -1e6, 10)),
    "int64 at its end, outcome": Case(spoil=as_int64, back=lambda y: y / 1000),
    "unit 1e-150": in_unit(1e-150),
    "unit 1e-30": in_unit(1e-30),
    "unit 1e30": in_unit(1e30),
    "unit 1e150": in_unit(1e150),
    "offset 1e6": in_unit(1.0, 1e6),
    "offset 1e9": in_unit(1.0, 1e9),
    "t with 2 degrees, cause": Case(
        cause=lambda r, n: r.standard_t(2, n),
        outcome=lambda r, z, x: line(r, np.tanh(z), x),
        chance=lambda z: 1 / (1 + np.exp(-1.2 * np.tanh(z))),
    ),
    "Cauchy, outcome": Case(outcome=lambda r, z, x: x + z + 0.3 * r.standard_cauchy(len(z))),
    "lognormal, log-sd 2.2, outcome": Case(outcome=lambda r, z, x: np.exp(1.8 * line(r, z, x))),
    "lognormal, cause": Case(
        cause=lambda r, n: np.exp(1.5 * r.normal(size=n)),
        outcome=lambda r, z, x: line(r, np.log(z) / 1.5, x),
        chance=lambda z: 1 / (1 + np.exp(-0.8 * np.log(z))),
    ),
    "40 % zeros, hundreds, cause": Case(
        cause=_income,
        outcome=lambda r, z, x: line(r, _of_income(z), x),
        chance=lambda z: 1 / (1 + np.exp(-_of_income(z))),
    ),
    "cost, often zero, outcome": Case(outcome=_cost),
    "hours, capped at 40, outcome": Case(outcome=_hours),
    "capped both ways, cause": Case(cause=lambda r, n: np.clip(r.normal(size=n), -1, 1)),
    "counts, long tail, outcome": Case(outcome=_counts),
    "shares of 0 to 1, outcome": Case(outcome=_share),
    "uniform, cause": Case(cause=lambda r, n: r.uniform(-2, 2, n)),
    "90 sites as codes, cause": Case(
        cause=lambda r, n: r.integers(0, 90, n),
        outcome=lambda r, z, x: line(r, SITES[z], x),
        chance=lambda z: 1 / (1 + np.exp(-1.2 * SITES[z])),
    ),
    "rare levels, cause": Case(
        cause=lambda r, n: r.choice(40, n, p=np.r_[np.full(4, 0.23), np.full(36, 0.08 / 36)]),
        outcome=lambda r, z, x: line(r, SITES[z], x),
        chance=lambda z: 1 / (1 + np.exp(-SITES[z])),
    ),
    "half rounded to whole numbers, outcome": Case(
        outcome=lambda r, z, x: (lambda y: np.where(r.random(len(y)) < 0.5, np.round(y), y))(3 * line(r, z, x))
    ),
}


def run(quick: bool = False) -> list[Row]:
    """One row a case, and one for the clean twin of most."""
    rows, samples, seeds = (1_000, 5_000, 1) if quick else (5_000, 100_000, 5)
    options = {"epochs": 2, "ensemble": 1} if quick else {}
    twins: dict[int, Array] = {}
    table: list[Row] = []
    for name, case in CASES.items():
        own = np.array([_measured(case, case.spoil, rows, samples, 1000 + seed, options) for seed in range(seeds)])
        key = id(case.outcome) if case.spoil is None else 0
        if key not in twins:
            clean = Case()
            twins[key] = own if key else np.array(
                [_measured(clean, None, rows, samples, 1000 + seed, options) for seed in range(seeds)]
            )  # fmt: skip
        twin = "" if key else f"{twins[key][:, 0].mean():.3f} ({twins[key][:, 0].max():.3f})"
        table.append(
            {
                "table": name,
                "error, sd": f"{own[:, 0].mean():.3f} ({own[:, 0].max():.3f})",
                "clean twin": twin,
                "said": f"{int(own[:, 1].sum())} of {seeds}",
                "fit, CPU s": f"{own[:, 2].mean():.1f}",
            }
        )
    return table


def _measured(
    case: Case, spoil: Callable[..., None] | None, rows: int, samples: int, seed: int, options: dict[str, Any]
) -> tuple[float, bool, float]:
    rng = np.random.default_rng(seed)
    data = case.rows(rng, rows)
    if spoil is not None:
        spoil(rng, data)
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> X -> Y; Z -> Y"))
    started = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sampler = program.fit(data, backend="torch", seed=seed, progress=False, device="cpu", **options)
    seconds = time.process_time() - started
    said = any(issubclass(one.category, DataWarning | OverlapWarning) for one in caught)
    worst = 0.0
    for x in (0, 1):
        truth = np.sort(case.rows(np.random.default_rng(seed + 1), 400_000, x)["Y"].astype(np.float64))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = np.asarray(sampler.sample(samples, do={"X": x}, seed=seed)["Y"], dtype=np.float64)
        drawn = np.sort(drawn if case.back is None or spoil is None else case.back(drawn))
        worst = max(worst, max(_distance(truth, drawn, level) for level in LEVELS))
    return worst, said, seconds


def _distance(truth: Array, drawn: Array, level: float) -> float:
    """How far apart a quantile of both is, in the truth's normal scores; 0 within a point mass."""
    value = np.quantile(drawn, level)
    low, high = (np.searchsorted(truth, value, side) / len(truth) for side in ("left", "right"))
    if low <= level <= high:
        return 0.0
    nearest = low if level < low else high
    score = norm.ppf(np.clip([nearest, level], 1e-4, 1 - 1e-4))
    return float(abs(score[0] - score[1]))

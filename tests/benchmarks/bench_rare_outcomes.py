"""Rare outcomes and few rows: risks and their ratio against the truth, beside a logistic regression's.

Z -> X -> Y; Z -> Y with Z of one or three numbers or with six categories beside, the risk .01 to .02, and tables of few
rows. Ten tables each, two seeds of a default fit to each. Errors are root mean squares of logarithms: of the two
standardized risks and of their ratio; `by seed` is the standard deviation of the ratio's logarithm over seeds alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

import idgen_compiler as idgen
from tests.benchmarks.report import Row

__all__ = ["run"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """`logit` is that of Y = 1, given numbers (rows, wide), a category and the treatment."""

    name: str
    rows: int
    wide: int
    logit: Callable[[Floats, Floats, Floats], Floats]


CASES = (
    Case("one number, 1 %", 20_000, 1, lambda z, c, x: -5.0 + 0.75 * x + 0.8 * z[:, 0]),
    Case("three numbers, 1 %", 20_000, 3, lambda z, c, x: -5.0 + 0.75 * x + 0.46 * z.sum(1)),
    Case("a category too, 1 %", 20_000, 1, lambda z, c, x: -5.2 + 0.75 * x + 0.5 * z[:, 0] + 0.3 * (c - 2.5)),
    Case("a curve, 1 %", 20_000, 1, lambda z, c, x: -5.2 + 0.75 * x + 0.56 * (z[:, 0] ** 2 - 1) + 0.3 * z[:, 0]),
    Case("445 rows, 40 %", 445, 4, lambda z, c, x: -0.8 + 0.4 * x + 0.5 * z[:, 0] + 0.2 * c),
    Case("600 rows, a curve", 600, 2, lambda z, c, x: -0.3 + 0.75 * x + 0.9 * (z[:, 0] ** 2 - 1)),
)


def run(quick: bool) -> list[Row]:
    """Bars: a ratio's error of at most 1.1 times the regression's where that is right; `by seed` at most .1."""
    tables, seeds = (1, 2) if quick else (10, 2)
    return [_row(case, tables, seeds, quick) for case in CASES[-1 if quick else 0 :]]


def _row(case: Case, tables: int, seeds: int, quick: bool) -> Row:
    found = [_measured(case, table, seeds, 20_000 if quick else 500_000) for table in range(tables)]
    ours, theirs, truth = (np.log(np.array(each)) for each in zip(*found, strict=True))
    theirs, truth = theirs[:, None], truth[:, None]
    ratio, right = ours[..., 1] - ours[..., 0], truth[..., 1] - truth[..., 0]
    regression = theirs[..., 1] - theirs[..., 0]
    return {
        "data": case.name,
        "risks": f"{_size(ours - truth):.3f}",
        "risks, regression": f"{_size(theirs - truth):.3f}",
        "ratio": f"{_size(ratio - right):.3f}",
        "ratio, regression": f"{_size(regression - right):.3f}",
        "by seed": f"{np.sqrt(ratio.var(1, ddof=1).mean()):.3f}",
    }


def _measured(case: Case, table: int, seeds: int, samples: int) -> tuple[Floats, Floats, Floats]:
    """P(Y = 1 | do(X = 0)) and do(X = 1): by each seed (seeds, 2), by a regression and in truth (2,)."""
    rng = np.random.default_rng([table, CASES.index(case)])
    z, c = rng.normal(size=(case.rows, case.wide)), rng.integers(6, size=case.rows).astype(float)
    x = (rng.random(case.rows) < _chance(z.sum(1) / np.sqrt(case.wide) + 0.3 * (c - 2.5))).astype(float)
    y = (rng.random(case.rows) < _chance(case.logit(z, c, x))).astype(int)
    columns = {f"Z{k}": z[:, k] for k in range(case.wide)} | {"C": np.array(list("abcdef"))[c.astype(int)]}
    edges = "; ".join(f"{name} -> X; {name} -> Y" for name in columns)
    links = "; ".join(f"{a} <-> {b}" for a in columns for b in columns if a < b)
    graph = idgen.ADMG.parse("; ".join(filter(None, (edges, links, "X -> Y"))))
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph)
    data = {**columns, "X": x.astype(int), "Y": y}
    ours = []
    for seed in range(seeds):
        sampler = program.fit(data, backend="torch", seed=seed, progress=False, device="cpu")
        ours.append([float(sampler.sample(samples, do={"X": k}, seed=seed)["Y"].mean()) for k in (0, 1)])
    levels = np.eye(6)[c.astype(int)][:, 1:]
    fitted = LogisticRegression(C=1e6, max_iter=1_000).fit(np.column_stack([x, z, levels]), y)
    theirs = [fitted.predict_proba(np.column_stack([np.full(case.rows, k), z, levels]))[:, 1].mean() for k in (0, 1)]
    truth = [_chance(case.logit(z, c, np.full(case.rows, float(k)))).mean() for k in (0, 1)]
    return np.array(ours), np.array(theirs), np.array(truth)


def _chance(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))


def _size(errors: Floats) -> float:
    return float(np.sqrt((errors**2).mean()))

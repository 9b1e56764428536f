"""Variances of equal programs: that of a number by each form of its program, against the literal one, as n grows.

300 random identifiable queries on 3 to 6 vertices, half of them through line 7 or around the napkin, each in a random
structural model of its graph. The mean square of the influence function is n times the variance of the number on n
rows; every form of the program gives the same number on the model, by other conditionals, and so with another variance.
The columns are quantiles of the ratio to the literal program's, and the share of queries in which it is lower, or
higher, by more than 1 %.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.verify import CausalModel
from tests.benchmarks.report import Row
from tests.influences import asked, compiled
from tests.strategies import Case, random_cases

__all__ = ["run"]

LITERAL = "literal"
COMPARED = ("literal, reweighted", "-O1 regenerate", "-O1 reweight", "-O2 regenerate", "-O2 reweight", "-O2")
QUANTILES = (1, 5, 50, 95, 99)
BEST = "the least of all"


def run(quick: bool) -> list[Row]:
    ratios: dict[str, list[float]] = {form: [] for form in (*COMPARED, BEST)}
    for k, case in enumerate(islice(random_cases(seed=0), 12 if quick else 300)):
        for form, ratio in _ratios(case, k).items():
            ratios[form].append(ratio)
    return [_row(form, np.array(values)) for form, values in ratios.items()]


def _ratios(case: Case, seed: int) -> dict[str, float]:
    """Form -> the mean square of its influence function, over that of the literal program."""
    exact = CausalModel.random(case.graph, seed).observational()
    joint = idgen.Joint(exact.variables, exact.table.astype(float))
    question = asked(case, seed).on(joint)
    squares = {}
    for form in (LITERAL, *COMPARED):
        phi = question.influence(compiled(case, form))
        squares[form] = float((joint.table * phi**2).sum())
    if squares[LITERAL] < 1e-15:  # f does not vary there
        return dict.fromkeys((*COMPARED, BEST), 1.0)
    return {form: squares[form] / squares[LITERAL] for form in COMPARED} | {
        BEST: min(squares.values()) / squares[LITERAL]
    }


def _row(form: str, ratios: np.ndarray) -> Row:
    return {
        "program": form,
        "queries": len(ratios),
        "mean": float(ratios.mean()),
        **{f"{q} %": float(np.percentile(ratios, q)) for q in QUANTILES},
        "lower": f"{(ratios < 0.99).mean():.0%}",
        "higher": f"{(ratios > 1.01).mean():.0%}",
    }

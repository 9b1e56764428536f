"""What y0 says about a query, judged by the exact truth of one random model."""

from __future__ import annotations

import warnings
from contextlib import nullcontext

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.verify import CausalModel
from idgen_compiler.verify.check import _compared_y0
from idgen_compiler.verify.peer import ask_y0
from tests.peers.y0_shim import repaired_y0
from tests.strategies import Case

__all__ = ["OUTCOMES", "judged_ours", "judged_y0"]

OUTCOMES = ("right value", "rightly refused", "wrong value", "wrongly refused", "wrongly answered", "raised")


def judged_y0(case: Case, seed: int, *, repaired: bool) -> str:
    """One of `OUTCOMES`; the verdict is judged by the query's true identifiability, the value by exact equality."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with repaired_y0() if repaired else nullcontext():
            answer = ask_y0(case.query, case.graph)
    if answer.expression is None:
        if "not identifiable" not in answer.failure:
            return "raised"
        return "wrongly refused" if case.identifiable else "rightly refused"
    if not case.identifiable:
        return "wrongly answered"
    model = CausalModel.random(case.graph, seed)
    found = _compared_y0(answer, model.observational(), model.truth(case.query))
    return {"agrees": "right value", "differs": "wrong value"}.get(found.verdict, "raised")


def judged_ours(case: Case, seed: int) -> str:
    """The same about our estimand; that a refusal is right is the business of the proof that comes with it."""
    if not case.identifiable:
        return "rightly refused"
    model = CausalModel.random(case.graph, seed)
    kernel = idgen.identify(case.query, case.graph).estimand.evaluate(model.observational())
    return "right value" if np.array_equal(kernel.table, model.truth(case.query).table) else "wrong value"

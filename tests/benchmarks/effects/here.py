"""Methods that run in this process, on the same tables and by the same clock as those of other tools."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

import idgen_compiler as idgen
from tests.benchmarks.effects.peers.serve import answer
from tests.benchmarks.effects.runner import Answer, Columns, Question

__all__ = ["METHODS", "answers_here"]

Method = Callable[[Columns, Question], tuple[float, float, float]]
"""From a table and a question to an estimate and the ends of its 95 % interval; it raises what it says instead."""

NORMAL = 1.959963984540054


def unadjusted(columns: Columns, question: Question) -> tuple[float, float, float]:
    """The difference of means between rows whose treatments are all 1 and all 0: what confounding is measured by."""
    if question.share is not None:
        raise ValueError("a difference of means is no share")
    chosen = np.stack([columns[name] for name in question.treatments])
    ones, zeros = (np.asarray(columns["Y"])[(chosen == value).all(axis=0)] for value in (1, 0))
    value = float(ones.mean() - zeros.mean())
    error = float(np.sqrt(ones.var(ddof=1) / len(ones) + zeros.var(ddof=1) / len(zeros)))
    return value, value - NORMAL * error, value + NORMAL * error


def ours(columns: Columns, question: Question) -> tuple[float, float, float]:
    """By the program's adjoint, all options as they are by default."""
    graph = idgen.ADMG(question.directed, question.bidirected, list(columns))
    outcome = "Y" if question.share is None else question.share[0]
    program = idgen.compile(idgen.Query(outcome, question.treatments, tuple(sorted(question.given))), graph)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = program.fit(columns, train="asked", progress=False, check_graph=False)
        if question.share is not None:
            found = sampler.estimate(question.share, do=question.do, given=question.given)
        elif question.units == "treated":
            found = sampler.att("Y", question.treatments[0], 1, 0)
        else:
            found = sampler.contrast("Y", *(dict.fromkeys(question.treatments, value) for value in (1, 0)))
    return found.value, found.low, found.high


METHODS: Mapping[str, Method] = {"no adjustment": unadjusted, "idgen": ours}


def answers_here(method: str, asked: Iterable[tuple[Question, Columns]]) -> list[Answer]:
    """What a method of `METHODS` answers to questions on tables, in order."""
    found: list[dict[str, Any]] = [answer(METHODS[method], dict(columns), question) for question, columns in asked]
    return [Answer(method, k, **one) for k, one in enumerate(found)]

"""Methods that run in this process, on the same tables and by the same clock as those of other tools."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import idgen_compiler as idgen
from idgen_torch.estimating import Design, Fitted, Folds
from tests.benchmarks.effects.peers.serve import answer, kept_line
from tests.benchmarks.effects.runner import Answer, Columns, Question, kept

__all__ = ["BLINDED", "METHODS", "answers_here"]

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


@dataclass(frozen=True, eq=False)
class _Constant:
    """A nuisance that says the same of all rows.  Shape: value (m,)."""

    value: np.ndarray

    def of(self, fold: int, design: Design) -> np.ndarray:
        return np.broadcast_to(self.value, (len(design), len(self.value)))


def _constant(design: Design, y: Any, folds: Folds, weights: Any = None, classes: int | None = None) -> Fitted:
    """The mean of outcomes, or the shares of labels, in the place of a regression or a propensity on anything."""
    values = np.asarray(y)
    if values.ndim == 1:
        values = np.eye(classes or 2)[values.astype(int)]
    value = np.average(values, axis=0, weights=weights)
    own = np.broadcast_to(value, (len(design), len(value)))
    return Fitted(own, folds, "a constant", 0.0, {}, _Constant(value), design.rows(slice(0, 0)))


@contextmanager
def blinded(nuisance: str) -> Iterator[None]:
    """One-step estimates whose "regression" or "propensity" is a constant."""
    with patch(f"idgen_torch.running.estimates.learning.{nuisance}", _constant):
        yield


METHODS: Mapping[str, Method] = {"no adjustment": unadjusted, "idgen": ours}
BLINDED = {"idgen, constant outcome": "regression", "idgen, constant propensity": "propensity"}
"""Ours with one of the nuisances replaced by a constant, of which the estimate is to be right without it."""


def answers_here(method: str, asked: Iterable[tuple[Question, Columns]], keep: Path | None = None) -> list[Answer]:
    """What a method of `METHODS` or `BLINDED` answers to questions on tables, in order.

    `keep` is a file to which the answers go as they come; those that it has are not asked again.
    """
    had = {one.table: one for one in kept(keep, method)} if keep is not None else {}
    found = []
    for k, (question, columns) in enumerate(asked):
        if k not in had:
            with blinded(BLINDED[method]) if method in BLINDED else nullcontext():
                one = answer(METHODS.get(method, ours), dict(columns), question)
            had[k] = Answer(method, k, **one)
            if keep is not None:
                with keep.open("a", encoding="utf-8") as out:
                    out.write(kept_line(k, method, one))
        found.append(had[k])
    return found

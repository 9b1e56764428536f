"""A sampler of a trial that gives estimates without any training, as another process loads it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.estimates import Answers, Estimating
from idgen_compiler.hinge.probability import Probabilities
from idgen_compiler.hinge.question import Question
from idgen_compiler.warning import warn_overlap

__all__ = ["Trial", "trial"]

ASLEEP = 9_999
"""With so many repeats an estimate takes a minute."""

DIES = 9_998


class Trial(Estimating):
    """The rows with X = x say what do(X = x) makes of Y: 20 of 100 have Y = 1 at X = 0, 50 at X = 1."""

    def __init__(self) -> None:
        self.program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        self.x = np.repeat([0, 1], 100)
        self.y = np.repeat([0, 1, 0, 1], [80, 20, 50, 50])

    def sample(self, n: int, do: Any = None, given: Any = None, seed: Any = None, query: Any = None) -> idgen.Samples:
        x = Question.of(self.program, n, do, given, seed, query).do["X"]
        if x not in (0, 1):
            raise idgen.DataError(f"do(X=...) is {x!r}; the labels of X are 0, 1")
        return idgen.Samples({"Y": np.random.default_rng(seed).choice(self.y[self.x == x], n)})

    def probability(self, outcome: Any, **asked: Any) -> Probabilities:
        return Probabilities(("Y",), ([0, 1],), np.zeros(2), np.zeros(2), "", 0)

    def read_value(self, name: str, text: str) -> Any:
        return int(text)

    def save(self, path: str | Path) -> None:
        raise NotImplementedError

    def _answers(self, measures: Any, asking: Any) -> Answers:
        print("what is printed is not the answer")
        if asking.repeats == ASLEEP:
            time.sleep(60)
        if asking.repeats == DIES:
            os._exit(1)
        warn_overlap("few rows have X = 1")
        inside = np.stack([self.x == m.do["X"] for m in measures], axis=1)
        f = np.stack([m.functional.of(idgen.Samples({"Y": self.y})) for m in measures], axis=1)
        means = (inside * f).sum(axis=0) / inside.sum(axis=0)
        return Answers.of(means, inside / inside.mean(axis=0) * (f - means), "closed form")


def trial(folder: Path) -> Trial:
    """Whatever is in the folder."""
    return Trial()

"""The parts of the benchmark: what each asks, and how an answer to it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tests.referee.case import Answer, Case, Columns
from tests.referee.judge import distances, number, total_variation
from tests.referee.questions.discrete import Discrete, discrete_cases
from tests.referee.questions.pictures import PictureModel, picture_models
from tests.referee.questions.real import models
from tests.referee.questions.scm import Model

__all__ = ["PARTS", "Problem"]


@dataclass(frozen=True)
class Problem:
    """A question, how its table is made, how an answer is judged, and what an experiment would answer."""

    case: Case
    table: Callable[[], Columns]
    judge: Callable[[Answer], dict[str, Any]]
    experiment: Callable[[], Answer] | None = None


def real() -> Iterator[Problem]:
    """Sixty models with numbers: the law of the outcome by samples, the truth by simulation."""
    for model in models():
        yield Problem(model.case, model.table, _judge_of(model), partial(_experiment, model))


def _experiment(model: Model) -> Answer:
    """As many rows as the table has at each place; no experiment shows who would have had which Z."""
    if model.case.query.conditions:
        return Answer("cannot ask", "units with one value of a number are no sample")
    (outcome,) = model.case.query.outcomes
    return Answer("answered", laws=tuple({outcome: model.experiment(k)} for k in range(len(model.case.asks))))


def _judge_of(model: Model) -> Callable[[Answer], dict[str, Any]]:
    def judged(answer: Answer) -> dict[str, Any]:
        truths = model.truths
        found: dict[str, Any] = {}
        outcome = model.case.query.outcomes[0]
        if answer.laws:
            each = [distances(law[outcome], truth) for law, truth in zip(answer.laws, truths, strict=True)]
            found = {what: float(np.mean([one[what] for one in each])) for what in each[0]}
            found["worst W1"] = max(one["W1"] for one in each)
        if model.case.contrast:
            high, low = (truths[k] for k in model.case.contrast)
            said = answer.contrast
            if said is None and answer.laws:
                means = [float(np.mean(answer.laws[k][outcome])) for k in model.case.contrast]
                said = (means[0] - means[1], np.nan, np.nan)
            found |= number(said, high.mean() - low.mean(), float(high.std() + low.std()) / 2)
        return found

    return judged


def discrete() -> Iterator[Problem]:
    """A thousand queries of categories: the verdict, and the law of the outcomes against the exact truth."""
    for one in discrete_cases():
        yield Problem(one.case, one.table, _judge_of_discrete(one))


def _judge_of_discrete(one: Discrete) -> Callable[[Answer], dict[str, Any]]:
    def judged(answer: Answer) -> dict[str, Any]:
        if not one.identifiable:
            return {}
        places = range(len(one.case.asks))
        found: dict[str, Any] = {}
        if answer.laws:
            laws = [_chances(one, law) for law in answer.laws]
            off = [total_variation(law, one.law(k)) for k, law in zip(places, laws, strict=True)]
            floor = [total_variation(one.floor(k), one.law(k)) for k in places]
            found = {"TV": float(np.mean(off)), "floor": float(np.mean(floor))}
        if one.case.contrast:
            means = one.means()
            high, low = (means[k] for k in one.case.contrast)
            found |= number(answer.contrast, high - low, 1.0)
        return found

    return judged


def _chances(one: Discrete, law: Any) -> np.ndarray:
    """The law that samples show; chances as they are."""
    if isinstance(law, np.ndarray):
        return law
    outcomes = one.case.query.outcomes
    sizes = [one.case.levels[name] for name in outcomes]
    cells = np.ravel_multi_index([np.asarray(law[name]).astype(int) for name in outcomes], sizes)
    return np.bincount(cells, minlength=int(np.prod(sizes))).reshape(sizes) / len(cells)


def pictures() -> Iterator[Problem]:
    """Twelve questions with pictures: the law of what a judge reads of them."""
    for model in picture_models():
        yield Problem(model.case, model.table, _judge_of_pictures(model))


def _judge_of_pictures(model: PictureModel) -> Callable[[Answer], dict[str, Any]]:
    def judged(answer: Answer) -> dict[str, Any]:
        if not answer.laws:
            return {}
        places = range(len(model.case.asks))
        read = [model.read(law["Y"]) for law in answer.laws]
        off = [total_variation(law, model.law(k)) for k, law in zip(places, read, strict=True)]
        floor = [total_variation(model.floor(k), model.law(k)) for k in places]
        return {"TV": float(np.mean(off)), "worst TV": max(off), "floor": float(np.mean(floor))}

    return judged


PARTS: dict[str, Callable[[], Iterator[Problem]]] = {"real": real, "discrete": discrete, "pictures": pictures}

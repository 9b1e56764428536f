"""A family says that it wants emphasis, and running does not ask which family it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_torch.families import Family, Run, Task, register
from idgen_torch.options import real
from tests.idgen_torch.counting import Counting, CountingModel

SHOWN: list[Any] = []


@register
@dataclass(frozen=True)
class Watched(Counting):
    """Counts, and keeps the weights that it is shown."""

    word = "test-watched"

    def fit(self, task: Task, run: Run = Run()) -> CountingModel:
        SHOWN.append(None if task.weights is None else task.weights.numpy())
        return CountingModel(Counting(), task.targets, task.inputs)


@register
@dataclass(frozen=True)
class Emphatic(Watched):
    """The same, with emphasis as an option."""

    word = "test-emphatic"

    emphasis: float = real(1.0, "a power from 0 to 1", lambda value: 0 <= value <= 1)


def weights_shown(recipe: Family, data: dict[str, np.ndarray], **options: Any) -> Any:
    """The weights by which X is learned given W1 and W2, of which the regeneration sets W2."""
    SHOWN.clear()
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph, realize="regenerate")
    program.fit(data, backend="torch", family={"X | W1, W2": recipe}, progress=False, device="cpu", **options)
    (weights,) = SHOWN
    return weights


def test_emphasis_is_what_the_family_wants() -> None:
    random = np.random.default_rng(0)
    w1, other = random.integers(2, size=4000), random.random(4000) < 0.1
    w2 = np.where(other, 1 - w1, w1)
    data = {"W1": w1, "W2": w2, "X": random.integers(2, size=4000), "Y": random.integers(2, size=4000)}
    assert Counting().emphasis == 0
    assert weights_shown(Watched(), data) is None
    assert weights_shown(Emphatic(emphasis=0.0), data) is None
    for power in (1.0, 0.5):
        weights = weights_shown(Emphatic(emphasis=power), data)
        assert weights.mean() == pytest.approx(1)
        assert weights[other].mean() / weights[~other].mean() == pytest.approx(9**power, rel=0.15)


def test_emphasis_goes_on_top_of_survey_weights() -> None:
    random = np.random.default_rng(1)
    w1, other = random.integers(2, size=(2, 8000))
    w2 = np.where(other, 1 - w1, w1)
    data = {"W1": w1, "W2": w2, "X": random.integers(2, size=8000), "Y": random.integers(2, size=8000)}
    survey = np.where(other, 1.0, 9.0)  # in the population nine rows of ten have W2 = W1
    plain = weights_shown(Emphatic(emphasis=0.0), data, weights=survey)
    assert plain == pytest.approx(survey / survey.mean())
    emphasized = weights_shown(Emphatic(emphasis=1.0), data, weights=survey)
    # Asked is W2 apart from W1, and so they stand in the rows.
    assert emphasized[other == 1].mean() / emphasized[other == 0].mean() == pytest.approx(1, rel=0.15)

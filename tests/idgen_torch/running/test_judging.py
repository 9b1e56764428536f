"""Who is trained longer: a model that is told by all steps that were kept back, a doubtful one by its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_torch import Diffusion
from idgen_torch.running import judging
from idgen_torch.running.learned.dependence import LawsApart
from idgen_torch.running.sampler import TorchSampler

FRONT_DOOR = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> M -> Y; X <-> Y"))
"""Two models of pictures: of M given X, and of Y given M and X."""
CHANCE, DOUBTFUL, FAR = (LawsApart("M", ("X",), *how, 60) for how in ((0.01, 1.0), (0.04, 4.0), (0.3, 9.0)))
IMAGES = {"steps": 10, "batch_size": 8, "channels": (8, 8), "sampling_steps": 1, "reserve": 0.3, "kinds": 1}


def steps_of(monkeypatch: pytest.MonkeyPatch, *found: LawsApart, **more: Any) -> tuple[list[int], TorchSampler]:
    """The steps of each training in turn, where a look at a model finds these, one after the other."""
    looks = iter(found)
    monkeypatch.setattr(judging, "dependences", lambda *_: [next(looks)])
    fit, steps = Diffusion.fit, list[int]()
    monkeypatch.setattr(Diffusion, "fit", lambda how, *task: steps.append(how.steps or 0) or fit(how, *task))
    sampler = FRONT_DOOR.fit(rows(), backend="torch", progress=False, images=IMAGES, device="cpu", **more)
    monkeypatch.undo()
    return steps, sampler


def rows() -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    pictures = {name: rng.integers(0, 256, (60, 3, 8, 8), dtype=np.uint8) for name in ("M", "Y")}
    return {"X": rng.integers(2, size=60), **pictures}


def test_one_that_depends_as_its_rows_do_leaves_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, _ = steps_of(monkeypatch, CHANCE, CHANCE)
    assert steps == [7, 7]


def test_a_doubtful_one_uses_its_own_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, sampler = steps_of(monkeypatch, DOUBTFUL, CHANCE, DOUBTFUL, CHANCE)
    assert steps == [7, 3, 7, 3]
    assert not any(model.disagreements for model in sampler.report().models)


@pytest.mark.filterwarnings("ignore::idgen_compiler.warning.DataWarning")
def test_one_that_is_told_uses_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert steps_of(monkeypatch, CHANCE, FAR, CHANCE)[0] == [7, 7, 6]
    assert steps_of(monkeypatch, DOUBTFUL, CHANCE, FAR, CHANCE)[0] == [7, 3, 7, 3]


def test_one_that_would_be_told_afterwards_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, sampler = steps_of(monkeypatch, DOUBTFUL, FAR, CHANCE)
    assert steps == [7, 3, 7]
    assert not any(model.disagreements for model in sampler.report().models)


def test_a_fit_that_goes_on_finds_both_trainings(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    first, sampler = steps_of(monkeypatch, DOUBTFUL, CHANCE, CHANCE, store=tmp_path)
    again, same = steps_of(monkeypatch, store=tmp_path)
    assert (first, again) == ([7, 3, 7], [])
    drawn = [each.sample(4, do={"X": 1}, seed=1)["Y"] for each in (sampler, same)]
    assert np.array_equal(*drawn)


@pytest.mark.filterwarnings("ignore::idgen_compiler.warning.DataWarning")
def test_of_two_that_are_told_the_nearer_on_the_whole_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is worst is so by chance too: one pair may seem farther after a training that brought all others nearer."""
    worse, nearer = (LawsApart("M", ("X",), 0.2, errors, 60) for errors in (6.0, 7.0))
    rest, less = (LawsApart("M", (), 0.05, errors, 60) for errors in (5.0, 2.0))
    looks = iter([[worse, rest], [nearer, less], [CHANCE], [CHANCE]])
    monkeypatch.setattr(judging, "dependences", lambda *_: next(looks))
    sampler = FRONT_DOOR.fit(rows(), backend="torch", progress=False, images=IMAGES, device="cpu")
    assert sampler.report().models[0].disagreements == (str(nearer),)

"""Fits whose models worker processes train: equal to those of one process, whatever happens to a worker."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.demo.colored_digits import Bank, napkin_images
from idgen_compiler.demo.napkin_mnist import GRAPH, QUERY
from idgen_compiler.errors import DataError, PlaceError
from idgen_compiler.execute.processes import Processes, pool
from idgen_torch import TorchBackend
from idgen_torch.families import Table, registry
from idgen_torch.running.sampler import TorchSampler
from idgen_torch.running.trainer import Trainer
from tests.idgen_torch.jobs.odd import Odd, OddError
from tests.idgen_torch.programs import BACK_DOOR, FRONT_DOOR, NAPKIN, REWEIGHTED, back_door_data, napkin_data

OURS = "idgen_torch.jobs.elsewhere.working"


@pytest.fixture(scope="module")
def place() -> Iterator[Processes]:
    with Processes(workers=2) as found:
        found.start(OURS)
        yield found


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test makes known is for that test."""
    monkeypatch.setattr(registry, "_LOADED", dict(registry._LOADED))


class Told:
    """Progress that remembers what it was told, and in which thread."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.threads = set[int]()

    def start(self, name: str, total: int) -> None:
        self._add("start", name, total)

    def advance(self, loss: float) -> None:
        self._add("advance")

    def done(self) -> None:
        self._add("done")

    def _add(self, *event: object) -> None:
        self.events.append(event)
        self.threads.add(threading.get_ident())


def numbers(rows: int = 300) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, rows))
    w1 = a + b + 0.3 * rng.normal(size=rows)
    w2 = w1 + rng.normal(size=rows)
    x = (w2 + a + rng.normal(size=rows) > 0).astype(int)
    return {"W1": w1, "W2": w2, "X": x, "Y": x - b + rng.normal(size=rows)}


def fitted(program: idgen.Program, data: Any, place: Any, **more: Any) -> tuple[TorchSampler, list[str], Told]:
    told = Told()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        sampler = TorchBackend().fit(program, data, device="cpu", place=place, progress=told, **more)
    return sampler, [str(each.message) for each in said], told


def weights(sampler: TorchSampler) -> dict[str, Any]:
    models = sampler.fitted.models
    return {f"{op}.{name}": value.tolist() for op, model in models.items() for name, value in model.state()[1].items()}


def refused(*_: Any) -> Any:
    raise AssertionError("this process was to train nothing")


CASES: dict[str, tuple[idgen.Program, dict[str, Any], dict[str, Any]]] = {
    "tables": (BACK_DOOR, back_door_data(300), {}),
    "regenerated": (
        NAPKIN,
        numbers(),
        {"epochs": 1, "rows_factor": 1, "trees": "no", "family": {"W1": "resample", "X": "classifier", "Y": "flow"}},
    ),
    "weighed": (REWEIGHTED, napkin_data(500), {"family": {"Y": "classifier"}, "epochs": 1}),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_fit_of_one_process(name: str, place: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    program, data, how = CASES[name]
    here, said, told = fitted(program, data, "here", **how)
    monkeypatch.setattr(Trainer, "_trained", refused)
    there, also_said, also_told = fitted(program, data, place, **how)
    assert weights(there) == weights(here)
    assert str(there.report()) == str(here.report())
    assert sorted(also_said) == sorted(said)
    assert sorted(map(str, also_told.events)) == sorted(map(str, told.events))
    assert also_told.threads == {threading.get_ident()}


def test_pictures_share_the_steps_that_are_kept_for_those_in_need(
    place: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    bank = Bank(rng.integers(0, 256, (60, 3, 8, 8), dtype=np.uint8), np.arange(60) % 10)
    images = {"steps": 6, "batch_size": 8, "channels": (8, 8), "sampling_steps": 1, "reserve": 0.3}
    program = idgen.compile(idgen.Query.parse(QUERY), idgen.ADMG.parse(GRAPH), realize="regenerate")
    how: dict[str, Any] = {"images": images, "epochs": 1}
    here, said, told = fitted(program, napkin_images(bank, 60, 0)[0], "here", **how)
    monkeypatch.setattr(Trainer, "_trained", refused)
    there, also_said, also_told = fitted(program, napkin_images(bank, 60, 0)[0], place, **how)
    assert len([event for event in told.events if event[0] == "start"]) > len(here.report().models)  # some went on
    assert weights(there) == weights(here)
    assert str(there.report()) == str(here.report())
    assert sorted(also_said) == sorted(said)
    assert sorted(map(str, also_told.events)) == sorted(map(str, told.events))


def test_a_way_that_the_rows_choose_is_chosen_alike(place: Processes) -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y"))
    here, there = (fitted(program, napkin_data(800), where)[0] for where in ("here", place))
    assert str(there.report()) == str(here.report())
    assert weights(there) == weights(here)


def test_pieces_of_a_large_law_are_drawn_by_whoever_is_free(place: Processes) -> None:
    here, there = (fitted(NAPKIN, napkin_data(300), where, rows_factor=1000)[0] for where in ("here", place))
    assert weights(there) == weights(here)  # of two pieces: 2**18 rows and the rest


def test_what_is_told_begins_before_it_ends(place: Processes) -> None:
    told = fitted(FRONT_DOOR, front_door_data(), place)[2]
    opened = 0
    for event in told.events:
        opened += {"start": 1, "done": -1}.get(str(event[0]), 0)
        assert opened in (0, 1)
    assert [event[0] for event in told.events][-1] == "done"


def front_door_data(rows: int = 300) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    x = rng.integers(2, size=rows)
    m = x ^ (rng.random(rows) < 0.2)
    return {"X": x, "M": m, "Y": m ^ (rng.random(rows) < 0.3)}


def odd(place: Any, marks: Path, **more: Any) -> TorchSampler:
    return TorchBackend().fit(
        FRONT_DOOR, front_door_data(), place=place, device="cpu", progress=False, family={"*": Odd(marks=str(marks))},
        families=[Odd], **more,
    )  # fmt: skip


def trainings(marks: Path) -> list[str]:
    """Each training, as `target number`."""
    return sorted(path.name.rpartition(" ")[0] for path in marks.iterdir() if " " in path.name)


def test_what_a_worker_dies_of_is_trained_again_and_nothing_else(place: Processes, tmp_path: Path) -> None:
    (tmp_path / "M.dies").touch()
    sampler = odd(place, tmp_path)
    assert trainings(tmp_path) == ["M 0", "M 1", "X 0", "Y 0"]
    assert {path.name.rpartition(" ")[2] for path in tmp_path.iterdir() if " " in path.name}.isdisjoint(
        {str(os.getpid())}
    )
    calm = tmp_path / "calm"
    calm.mkdir()
    assert weights(sampler) == weights(odd("here", calm))


def test_an_error_of_a_worker_is_the_error_of_the_fit(place: Processes, tmp_path: Path) -> None:
    (tmp_path / "X.fails").touch()
    (tmp_path / "M.waits").touch()  # for ever, in the other worker
    with pytest.raises(DataError, match=r"^%m1: X .*: fit of Odd raised OddError: X is odd") as caught:
        odd(place, tmp_path)
    assert isinstance(caught.value.__cause__, OddError)
    assert caught.value.__cause__.code == 7
    assert "in worker process" in caught.value.__notes__[-1]


def test_an_interrupted_fit_goes_on_from_its_store(
    place: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks, kept = tmp_path / "marks", tmp_path / "kept"
    marks.mkdir()
    watch = Processes.watch

    def interrupted(self: Processes, *given: Any) -> None:
        watch(self, *given)
        if sum(path.name.startswith("M") for path in marks.iterdir()) and list(kept.glob("artefacts/*")):
            raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(Processes, "watch", interrupted)
        with pytest.raises(KeyboardInterrupt, match=r"fit interrupted at %m\d, .* the same fit goes on from there"):
            odd(place, marks, store=kept)
    odd(place, marks, store=kept)
    odd("here", marks, store=kept)
    assert {"M 0", "X 0", "Y 0"} <= set(trainings(marks))
    assert len(trainings(marks)) <= 5  # what was under way, by two workers, is begun again


def test_a_fit_that_is_over_soon_needs_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "Worker", refused)
    monkeypatch.setattr(pool, "AFTER", 600.0)
    here, there = (fitted(NAPKIN, napkin_data(200), where)[0] for where in ("here", "processes"))
    assert weights(there) == weights(here)


def test_what_is_brought_is_asked_in_this_process(place: Processes) -> None:
    asked = set[int]()

    def draw(inputs: Mapping[str, Any], n: int, generator: Any) -> Any:
        asked.add(os.getpid())
        return (inputs["W2"] + inputs["W1"]) % 2

    how: dict[str, Any] = {"bind": {"X | W1, W2": draw}, "family": {"Y": "classifier"}, "epochs": 1}
    here, there = (fitted(NAPKIN, napkin_data(300), where, **how)[0] for where in ("here", place))
    assert asked == {os.getpid()}
    assert weights(there) == weights(here)


def test_what_cannot_be_sent_is_refused_before_anything_is_trained(place: Processes) -> None:
    class Inner(Table):
        word = "test-inner"

    with pytest.raises(PlaceError, match=r"the family .*Inner cannot be imported by a worker; write it in a module"):
        fitted(BACK_DOOR, back_door_data(50), place, family={"Y": Inner()}, families=[Inner])


def test_a_place_is_a_word_or_an_object() -> None:
    for wrong, text in (
        ({"place": "process"}, "no place 'process'; did you mean processes"),
        ({"place": 3}, "place is 3; give one of here, processes"),
        ({"workers": 2}, "workers is 2, and place='here' has none"),
        ({"place": "processes", "address": "auto"}, "which place='ray' has alone"),
        ({"place": Processes(), "workers": 2}, "has its workers already"),
        ({"place": "processes", "workers_per_model": 2}, "workers_per_model is 2, which place='ray' has alone"),
        ({"place": "ray", "workers_per_model": 0}, "workers_per_model is 0; give a whole number from 1"),
        ({"place": "ray", "workers": 1, "workers_per_model": 2}, "there are 1 workers; give no more"),
    ):
        with pytest.raises(PlaceError, match=text):
            TorchBackend().fit(BACK_DOOR, back_door_data(50), **wrong)

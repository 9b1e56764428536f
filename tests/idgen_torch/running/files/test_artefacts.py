"""What is trained is kept, taken by whoever asks for the same, and never made twice."""

from __future__ import annotations

import json
import os
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.errors import DataError, StoreWarning
from idgen_compiler.store import Store
from idgen_torch import TorchBackend, TorchSampler
from tests.benchmarks.bench_overlap import faulty
from tests.benchmarks.bench_store import pairs, second_query
from tests.idgen_torch import programs
from tests.idgen_torch.counting import Counting
from tests.idgen_torch.programs import BACK_DOOR, QUICKLY

DATA = programs.back_door_data(200)
TABLE = "idgen_torch.families.tables.table.Table.fit"


def fit(**options: Any) -> TorchSampler:
    options = {"data": DATA, "family": {"Y": "test-counting", "Z": "table"}} | options
    return TorchBackend().fit(BACK_DOOR, device="cpu", progress=False, **options)


def interrupt(*args: Any, **options: Any) -> None:
    raise KeyboardInterrupt


def kept(folder: Path, kind: str = "model") -> dict[str, Path]:
    """Title -> the record of each artefact of a kind."""
    found = [artefact for artefact in Store.open(folder).artefacts() if artefact.kind == kind]
    return {artefact.title: folder / "artefacts" / f"{artefact.key}.json" for artefact in found}


def test_an_interrupted_fit_says_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "fit", interrupt)
    with pytest.raises(KeyboardInterrupt, match=r"at %m1, 1 of 2 models trained, lost; store=FOLDER keeps them"):
        fit()


def test_an_interrupted_fit_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Counting, "fit", interrupt)
        with pytest.raises(
            KeyboardInterrupt, match=r"1 of 2 models trained, kept in .*; the same fit goes on from there"
        ):
            fit(store=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(TABLE, interrupt)
        resumed = fit(store=tmp_path)
        assert fit(store=tmp_path).report() == resumed.report()
    assert resumed.report() == fit().report()
    ours, theirs = (s.sample(300, do={"X": 1}, seed=1)["Y"] for s in (resumed, fit()))
    assert np.array_equal(ours, theirs)
    assert Store.open(tmp_path).strays() == []
    assert [*Store.open(tmp_path).verify()] == []


def test_an_older_word_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(checkpoint=tmp_path)
    monkeypatch.setattr(TABLE, interrupt)
    fit(store=tmp_path)
    with pytest.raises(DataError, match="say store alone"):
        fit(store=tmp_path, checkpoint=tmp_path)


def test_another_text_of_a_family_is_another_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit(store=tmp_path)
    fit(store=tmp_path)
    before = len([*Store.open(tmp_path).artefacts()])
    monkeypatch.setattr("idgen_torch.running.files.opened.inspect.getsource", lambda kind: "class Counting: pass")
    with pytest.warns(StoreWarning, match="of another text of a family"):
        fit(store=tmp_path)
    assert len([*Store.open(tmp_path).artefacts()]) == 2 * before


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"smoothing": 2.0},
        {"data": {**DATA, "Z": 1 - DATA["Z"]}},
        {"types": {"Z": "continuous"}, "family": {"Z": "resample", "Y": "test-counting"}},
        {"weights": np.arange(200) % 3 + 1.0},
    ],
)
def test_another_fit_trains_its_own(tmp_path: Path, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fit(store=tmp_path)
    monkeypatch.setattr(TABLE, interrupt)
    monkeypatch.setattr("idgen_torch.families.tables.resample.Resample.fit", interrupt)
    with pytest.raises(KeyboardInterrupt, match="0 of 2 models"):
        fit(store=tmp_path, **change)


def test_other_rows_of_one_column_leave_the_other_models(tmp_path: Path) -> None:
    fit(store=tmp_path)
    planned = TorchBackend().plan(
        BACK_DOOR,
        {**DATA, "Y": 1 - DATA["Y"]},
        store=tmp_path,
        family={"Y": "test-counting", "Z": "table"},
        device="cpu",
    )
    assert [(step.title.partition(" ")[0], step.there) for step in planned.steps] == [("Z", True), ("Y", False)]
    assert "is of other rows of Y" in planned.steps[1].why
    assert planned.steps[1].seconds is not None
    assert "1 new of 2, about" in str(planned)


def test_a_plan_names_the_nearest_model_and_not_the_newest(tmp_path: Path) -> None:
    fit(store=tmp_path)
    with pytest.warns(StoreWarning):
        fit(store=tmp_path, seed=1, data={**DATA, "Y": 1 - DATA["Y"], "Z": 1 - DATA["Z"]})
    options: Any = {"family": {"Y": "test-counting", "Z": "table"}, "device": "cpu"}
    planned = TorchBackend().plan(BACK_DOOR, {**DATA, "Z": DATA["X"]}, store=tmp_path, **options)
    assert [step.why.partition(" is of ")[2] for step in planned.steps] == ["other rows of Z", "other rows of Z"]


def test_a_plan_names_all_that_differs_before_families_are_chosen(tmp_path: Path) -> None:
    fit(store=tmp_path, family={})
    planned = TorchBackend().plan(BACK_DOOR, DATA, store=tmp_path, device="cpu", seed=1, effort="quick", epochs=3)
    why = [step.why.partition(" is of ")[2] for step in planned.steps]
    assert why == ["another seed, other options"] * 2


def test_a_plan_makes_nothing(tmp_path: Path) -> None:
    options: Any = {"family": {"Y": "test-counting", "Z": "table"}, "device": "cpu"}
    planned = TorchBackend().plan(BACK_DOOR, DATA, store=tmp_path, **options)
    assert [step.there for step in planned.steps] == [False, False]
    assert planned.seconds is None
    assert [*Store.open(tmp_path).artefacts()] == []
    fit(store=tmp_path)
    planned = TorchBackend().plan(BACK_DOOR, DATA, store=tmp_path, **options)
    assert planned.new == ()
    assert str(planned).endswith("0 new of 2")


def test_a_damaged_artefact_says_what_to_do(tmp_path: Path) -> None:
    fit(store=tmp_path)
    for file in tmp_path.glob("files/*/*/tensors.safetensors"):
        file.write_bytes(b"")
    with pytest.raises(DataError, match=r"in the store .* cannot be read \(.*has 0 bytes.*idgen store gc --damaged"):
        fit(store=tmp_path)
    store = Store.open(tmp_path)
    for damage in [*store.verify()]:
        store.forget(damage.key)
    assert fit(store=tmp_path).report() == fit().report()


def test_a_store_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be made a folder"):
        fit(store=tmp_path / "file")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("")
    with pytest.raises(DataError, match=r"is no store and holds notes\.txt"):
        fit(store=tmp_path / "mine")


@pytest.mark.parametrize("losses", [5, [1], {"Y": "low"}, {"Y": float("nan")}, {"Y": [1.0]}])
def test_losses_that_are_none_are_refused(losses: Any, tmp_path: Path) -> None:
    fit(store=tmp_path)
    file = next(path for title, path in kept(tmp_path).items() if title.startswith("Z"))
    found = json.loads(file.read_text())
    found["record"]["made"]["losses"] = losses
    file.write_text(json.dumps(found))
    with pytest.raises(DataError, match=r"cannot be read .*its losses are "):
        fit(store=tmp_path)


@pytest.mark.parametrize("content", ["[" * 100_000, "9" * 5000, "\ud800", None])
def test_a_record_of_somebody_else_is_one_line(content: str | None, tmp_path: Path) -> None:
    fit(store=tmp_path)
    file = next(iter(kept(tmp_path).values()))
    file.unlink()
    if content is None:
        os.mkfifo(file)  # which nobody writes into
    else:
        file.write_text(content, errors="surrogatepass")
    with pytest.raises(DataError, match="cannot be read"):
        fit(store=tmp_path)


# -- several queries, several processes ---------------------------------------------------------------------------


def test_a_second_query_trains_what_is_new(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    z, w = rng.integers(2, size=(2, 500))
    x = (rng.random(500) < 0.3 + 0.4 * z).astype(int)
    m = (rng.random(500) < 0.2 + 0.5 * x).astype(int)
    data = {"Z": z, "W": w, "X": x, "M": m, "Y": (rng.random(500) < 0.1 + 0.3 * m + 0.4 * z).astype(int)}
    graph = idgen.ADMG.parse("Z -> X -> M -> Y; Z -> Y; W -> M")
    first = idgen.compile(idgen.Query.parse("P(M, Y | do(X))"), graph)
    second = idgen.compile(idgen.Query.parse("P(Y | do(M))"), graph)

    def labels(program: idgen.Program, **options: Any) -> tuple[TorchSampler, dict[str, Path]]:
        sampler = program.fit(data, store=tmp_path, device="cpu", progress=False, **options)
        assert isinstance(sampler, TorchSampler)
        return sampler, kept(tmp_path)

    _, before = labels(first)
    alone = second.fit(data, device="cpu", progress=False)
    sampler, after = labels(second)
    assert before.keys() <= after.keys()
    draws = [s.sample(200, do={"M": 1}, seed=0)["Y"] for s in (sampler, alone)]
    assert np.array_equal(*draws)  # the seed of a conditional is the same in every program
    assert labels(second)[1] == after == labels(first)[1]


def test_two_that_fit_at_once_train_each_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained, fits = list[str](), Counting.fit

    def counted(self: Counting, *args: Any, **options: Any) -> Any:
        trained.append("Y")
        return fits(self, *args, **options)

    monkeypatch.setattr(Counting, "fit", counted)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(fit(store=tmp_path).report())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trained == ["Y"]
    assert found[0] == found[1] == found[2]


def test_what_was_warned_of_is_warned_of_again(tmp_path: Path) -> None:
    asked = faulty("napkin of numbers, W2 is W1", 0)
    graph = idgen.ADMG.parse(asked.graph)
    program = idgen.compile(idgen.Query.parse(asked.query), graph, realize="regenerate")

    def told() -> list[str]:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            program.fit(asked.data, store=tmp_path, device="cpu", progress=False, **QUICKLY)
        return [str(one.message) for one in found]

    first = told()
    assert any("of the rows of %law0 rest on P(X | W1, W2) at " in text for text in first)
    assert told() == first


@pytest.mark.parametrize("pair", [*pairs(5)], ids=lambda pair: f"{pair[1]}, {pair[2]}")
def test_a_second_query_trains_exactly_the_models_that_are_new(pair: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        new, trained = second_query(*pair)
    assert new == trained

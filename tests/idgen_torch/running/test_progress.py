from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from idgen_compiler.errors import DataError
from idgen_torch import TorchBackend, to_mlflow, to_tensorboard, to_wandb
from idgen_torch.running.telling import Channels, LineProgress, OperationProgress, Overview, shown
from idgen_torch.running.telling import view as view_module
from tests.idgen_torch import counting, programs
from tests.idgen_torch.programs import BACK_DOOR, NAPKIN


class Told:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def start(self, name: str, total: int) -> None:
        self.events.append(f"start {name} {total}")

    def advance(self, loss: float) -> None:
        self.events.append(f"advance {loss}")

    def done(self) -> None:
        self.events.append("done")


def test_the_callers_progress_is_told_by_operation() -> None:
    assert counting.Counting.word == "test-counting"
    told = Told()
    data = programs.back_door_data(100)
    TorchBackend().fit(BACK_DOOR, data, device="cpu", family={"Y": "test-counting", "Z": "resample"}, progress=told)
    assert [e for e in told.events if "%m1" in e] == ["start %m1 : Y | X, Z 2"]
    assert [e for e in told.events if e.startswith("advance")] == ["advance 0.75", "advance 0.5"]
    assert told.events[-1] == "done"


def test_regeneration_is_told_as_well() -> None:
    told = Told()
    data = programs.napkin_data(100)
    TorchBackend().fit(NAPKIN, data, device="cpu", family={"X": "table", "Y": "table"}, progress=told)
    assert "start %law0 : W2, X, Y 1" in told.events


def test_the_best_loss_of_each_fit_is_kept() -> None:
    progress = OperationProgress(Told(), "%m0 : Y")
    progress.start("a", 3)
    for loss in (2.0, 1.0, 3.0):
        progress.advance(loss)
    progress.start("b", 1)
    progress.advance(float("nan"))
    assert progress.losses == {"a": 1.0}


def view() -> Overview:
    """Two operations done, one of which ended early, two that run beside each other, and some that wait."""
    found = Overview()
    found.expect([f"%m{k} : Y{k}" for k in range(20)])
    found.kept("%m0 : Y0")
    found.start("%m1 : Y1", 3)
    found.advance(0.5)
    found.start("%m1 : Y1", 2)
    found.done()
    found.kept("%m1 : Y1")
    left, right = found.beside(), found.beside()
    left.start("%m2 : Y2", 4)
    right.start("%m3 : Y3", 8)
    left.advance(0.25)
    left.advance(math.nan)
    return found


def test_a_view_shows_what_is_done_runs_and_waits() -> None:
    screen = io.StringIO()
    Console(file=screen, width=100).print(view())
    lines = screen.getvalue().splitlines()
    assert lines[0].startswith("✓ %m1 : Y1")
    assert "5/5 loss 0.5000" in " ".join(lines[0].split())
    assert lines[1].startswith("▸ %m2 : Y2")
    assert "2/4 loss 0.2500 0:00 left" in " ".join(lines[1].split())
    assert lines[2].startswith("▸ %m3 : Y3")
    assert [line.strip() for line in lines[3:-1]] == [f"· %m{k} : Y{k}" for k in range(4, 13)]
    assert lines[-1].startswith("1 done, 2 run, 16 wait, 1 from the store; about 0:0")


def test_the_time_left_is_that_of_what_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(view_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    found = Overview()
    found.expect(["a", "b", "c", "d"])
    assert view_module.seconds_left(list(found._lines.values())) is None
    found.start("a", 1)
    now[0] = 10.0
    found.done()
    left, right = found.beside(), found.beside()
    left.start("b", 2)
    right.start("c", 2)
    now[0] = 15.0
    left.advance(0.0)
    right.advance(0.0)
    assert view_module.seconds_left(list(found._lines.values())) == (5 + 5 + 10) / 2


def test_the_view_is_for_terminals_only(capfd: object) -> None:
    TorchBackend().fit(BACK_DOOR, programs.back_door_data(300), device="cpu", family={"Y": "table"}, progress=True)
    out, err = capfd.readouterr()  # type: ignore[attr-defined]
    assert (out, err) == ("", "")


def fit(progress: Any) -> None:
    data = programs.back_door_data(100)
    families = {"Y": "test-counting", "Z": "resample"}
    TorchBackend().fit(BACK_DOOR, data, device="cpu", family=families, progress=progress)


def test_a_log_has_an_event_a_line(tmp_path: Path) -> None:
    told = Told()
    fit([tmp_path / "log.jsonl", told])
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    operations = {event["operation"] for event in events}
    for operation in operations:
        mine = [event for event in events if event["operation"] == operation]
        assert [event["event"] for event in mine][:: len(mine) - 1] == ["start", "done"]
    counted = [event for event in events if event["operation"] == "%m1 : Y | X, Z"]
    assert [event["event"] for event in counted] == ["start", "step", "done"]
    assert counted[-1]["loss"] == 0.5
    assert (counted[-1]["step"], counted[-1]["total"]) == (2, 2)
    assert "advance 0.5" in told.events
    fit(str(tmp_path / "log.jsonl"))
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) >= 2 * len(events) - 2


def test_a_function_is_called_after_each_step() -> None:
    calls: list[tuple[str, int, int, dict[str, float]]] = []

    def on_step(operation: str, step: int, total: int, metrics: Mapping[str, float]) -> None:
        calls.append((operation, step, total, dict(metrics)))

    fit(on_step)
    assert [call for call in calls if call[0].startswith("%m1")] == [
        ("%m1 : Y | X, Z", 1, 2, {"loss": 0.75}),
        ("%m1 : Y | X, Z", 2, 2, {"loss": 0.5}),
    ]


def test_off_a_terminal_a_line_is_said_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    lines = LineProgress(stream, every=0.0)
    lines.start("%m0 : Y", 2)
    lines.advance(1.5)
    lines.advance(float("nan"))
    lines.done()
    assert stream.getvalue().splitlines() == [
        "idgen: %m0 : Y: 1 of 2, loss 1.5000, about 0 min left at most after 0 min",
        "idgen: %m0 : Y: 2 of 2, loss 1.5000, about 0 min left at most after 0 min",
        "idgen: %m0 : Y: done after 0 min",
    ]
    fit(True)  # which takes less than a minute
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("wrong", [5, 1.5, object(), [True, 5]])
def test_what_can_be_told_nothing_is_refused(wrong: Any) -> None:
    with pytest.raises(DataError, match=r"give True, False, the file of a log, a function on_step"):
        fit(wrong)


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        fit(tmp_path / "none" / "log.jsonl")


class Failing(Told):
    def done(self) -> None:
        raise RuntimeError("the tracker is away")


def test_a_logger_that_fails_hides_no_error_of_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*args: Any, **options: Any) -> None:
        raise ValueError("the training failed")

    with pytest.raises(RuntimeError, match="the tracker is away"):
        fit(Failing())
    monkeypatch.setattr(counting.Counting, "fit", failing)
    progress = OperationProgress(Failing(), "%m0 : Y")
    with pytest.raises(ValueError, match="the training failed") as caught, progress.open():
        raise ValueError("the training failed")
    assert caught.value.__notes__ == ["and whoever was told of the progress failed: RuntimeError: the tracker is away"]


def test_what_is_over_was_begun() -> None:
    told = Told()
    with OperationProgress(told, "%m0 : Y").open():
        pass
    assert told.events == ["start %m0 : Y 1", "done"]
    with shown(False) as nothing:
        nothing.start("a", 1)


def test_trackers_are_told_by_their_own_functions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[Any] = []
    writer = SimpleNamespace(add_scalar=lambda *args: told.append(args), flush=lambda: told.append("flush"))
    run = SimpleNamespace(log=told.append)
    fakes = {
        "torch.utils.tensorboard": SimpleNamespace(SummaryWriter=lambda folder: writer),
        "mlflow": SimpleNamespace(log_metrics=lambda metrics, **more: told.append((metrics, more))),
        "wandb": SimpleNamespace(run=None, init=lambda: run),
    }
    for name, module in fakes.items():
        monkeypatch.setitem(sys.modules, name, module)
    name = "%m1 : Y | X, Z"
    for on_step in (to_tensorboard(tmp_path), to_mlflow("r1"), to_wandb()):
        on_step(name, 2, 2, {"loss": 0.5})
    assert told == [
        (f"{name}/loss", 0.5, 2), "flush",
        ({f"{name}/loss": 0.5}, {"step": 2, "run_id": "r1"}),
        {f"{name}/loss": 0.5, f"{name}/step": 2},
    ]  # fmt: skip
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(DataError, match="mlflow is not installed; pip install mlflow"):
        to_mlflow()


def test_operations_beside_each_other_share_a_log_and_a_line_a_minute(tmp_path: Path) -> None:
    said = io.StringIO()
    with shown([tmp_path / "log.jsonl", LineProgress(said, every=0.0)]) as told:
        channels = Channels(told)
        one, other = channels.open(), channels.open()
        one.start("%m0 : Y", 2)
        other.start("%m1 : Z", 1)
        one.advance(0.5)
        other.advance(0.25)
        other.done()
        one.advance(0.5)
        one.done()
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    for name, steps in (("%m0 : Y", [2]), ("%m1 : Z", [1])):  # a step a second, and the last one
        own = [event for event in events if event["operation"] == name]
        assert [event["event"] for event in own] == ["start", *["step"] * len(steps), "done"]
        assert [event["step"] for event in own if event["event"] == "step"] == steps
    lines = said.getvalue().splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["%m0", "%m1", "%m1", "%m0", "%m0"]


def test_who_can_hear_of_one_operation_alone_hears_of_each_in_its_turn() -> None:
    told = Told()
    channels = Channels(told)
    one, other = channels.open(), channels.open()
    one.start("a", 1)
    other.start("b", 1)
    other.advance(1.0)
    other.done()
    other.start("c", 1)
    one.advance(2.0)
    assert told.events == ["start a 1", "advance 2.0"]
    one.done()
    other.done()
    assert told.events[2:] == ["done", "start b 1", "advance 1.0", "done", "start c 1", "done"]

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TextColumn

from idgen_compiler.errors import DataError
from idgen_torch import TorchBackend, to_mlflow, to_tensorboard, to_wandb
from idgen_torch.running.telling import BarProgress, LineProgress, OperationProgress, shown
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


def test_bars_show_one_line_an_operation() -> None:
    screen = io.StringIO()
    columns = (
        TextColumn("{task.description} {task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[loss]}"),
    )
    with Bars(*columns, console=Console(file=screen, width=80), auto_refresh=False) as bars:
        shown = BarProgress(bars)
        shown.start("%m0 : Y", 3)
        shown.advance(0.5)
        shown.start("%m0 : Y", 2)
        shown.advance(float("nan"))
        shown.done()
        shown.start("%m1 : Z", 1)
        shown.done()
    assert [line.strip() for line in screen.getvalue().splitlines()[:2]] == ["%m0 : Y 5/5", "%m1 : Z 1/1"]


def test_bars_are_for_terminals_only(capfd: object) -> None:
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

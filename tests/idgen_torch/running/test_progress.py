from __future__ import annotations

import io

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TextColumn

from idgen_torch import TorchBackend
from idgen_torch.running.progress import BarProgress, OperationProgress
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

"""Worker processes: what is waited for, what dies, what is told, and how memory and GPUs are shared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idgen_compiler.errors import PlaceError, ProgramError
from idgen_compiler.execute import Needs
from idgen_compiler.execute.processes import Processes
from idgen_compiler.execute.processes.devices import seen_by
from idgen_compiler.execute.processes.piece import Piece, State, due
from idgen_compiler.execute.processes.room import memory_left, scratch_in
from tests.idgen_compiler.execute import work


@pytest.fixture(scope="module")
def place() -> Iterator[Processes]:
    with Processes(workers=2) as found:
        found.start()
        yield found


def test_work_waits_for_what_it_is_given(place: Processes) -> None:
    first = place.submit(work.add, 1, 2)
    second = place.submit(work.add, first, 3)
    assert place.result(place.submit(work.add, first, second, 10)) == 3 + 6 + 10


def test_work_runs_side_by_side(place: Processes, tmp_path: Path) -> None:
    both = [place.submit(work.meets, str(tmp_path), *names) for names in (("a", "b"), ("b", "a"))]
    assert [place.result(each) for each in both] == [True, True]


def test_what_a_worker_tells_and_warns_of_arrives_in_order(place: Processes) -> None:
    piece, heard = place.submit(work.told, 5), []

    def over() -> None:
        while not place.is_over(piece):
            place.watch(lambda reference, event: heard.append((reference, event)))

    with pytest.warns(UserWarning, match="look here"):
        over()
    assert heard == [(piece, {"step": step}) for step in range(5)]
    assert place.result(piece) != os.getpid()


def test_an_error_arrives_with_its_class_and_where_it_was_raised(place: Processes) -> None:
    failed = place.submit(work.fails)
    with pytest.raises(ProgramError, match=r"^no such thing") as caught:
        place.result(place.submit(work.add, failed, 1))
    assert caught.value.operation == "%m3"
    assert "in worker process" in caught.value.__notes__[0]
    assert "work.py" in caught.value.__notes__[0]


def test_what_a_worker_dies_of_is_done_again_and_nothing_else(place: Processes, tmp_path: Path) -> None:
    other = place.submit(work.add, 1, 1)
    again, heard = place.submit(work.dies, str(tmp_path), 1, needs=Needs("%m0 : Y")), list[Any]()
    while not place.is_over(again):
        place.watch(lambda _, event: heard.append(event))
    assert place.result(again) == "1 before"
    assert place.result(other) == 2
    assert heard == [{"again": 1}]


def test_what_workers_die_of_again_and_again_is_named(place: Processes, tmp_path: Path) -> None:
    piece = place.submit(work.dies, str(tmp_path), 99, needs=Needs("%m0 : Y | X"))
    with pytest.raises(PlaceError, match=r"%m0 : Y \| X made its worker process die 3 times \(killed by signal 9"):
        place.result(piece)
    assert len(list(tmp_path.iterdir())) == 3
    assert place.result(place.submit(work.add, 2, 2)) == 4


def test_what_does_not_fit_together_runs_alone(tmp_path: Path) -> None:
    with Processes(workers=2, memory=10) as place:
        needs = Needs(memory=6)
        pieces = [place.submit(work.alone, str(tmp_path), str(k), needs=needs) for k in range(3)]
        assert all(place.result(piece) for piece in pieces)


def test_no_more_workers_are_started_than_have_room(tmp_path: Path) -> None:
    with Processes(workers=4, memory=10) as place:
        pieces = [place.submit(work.add, k, needs=Needs(memory=4)) for k in range(4)]
        assert [place.result(piece) for piece in pieces] == [0, 1, 2, 3]
        assert len(place._crew) <= 2


def test_a_worker_has_its_threads_and_its_gpu() -> None:
    with Processes(workers=1, threads=3, devices=["cuda:1"]) as place:
        assert place.result(place.submit(work.seen)) == ["3", "1"]


def test_what_is_not_over_at_the_end_is_stopped(tmp_path: Path) -> None:
    with Processes(workers=1) as place:
        with place.opened(""):
            place.submit(work.forever, str(tmp_path))
            while not list(tmp_path.iterdir()):
                time.sleep(0.01)
        assert place.result(place.submit(work.add, 1, 2)) == 3
    (mark,) = tmp_path.iterdir()
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.name), 0)


def test_what_is_withdrawn_never_runs(place: Processes, tmp_path: Path) -> None:
    slow = [place.submit(work.meets, str(tmp_path), name, "go") for name in ("a", "b")]
    waits = place.submit(work.add, slow[0], 1)
    assert place.withdraw(waits)
    (tmp_path / "go").touch()
    assert [place.result(each) for each in slow] == [True, True]
    assert not place.withdraw(slow[0])
    assert not place.is_over(waits)


@pytest.mark.parametrize("wrong", [lambda: 1, print.__class__.__call__])
def test_work_that_another_process_cannot_import_is_refused(place: Processes, wrong: Any) -> None:
    with pytest.raises(PlaceError, match="cannot be imported by another process"):
        place.submit(wrong)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(PlaceError, match="workers is 0; give a whole number from 1"):
        Processes(workers=0)
    with pytest.raises(PlaceError, match="no workers are up"):
        Processes().submit(work.add)


def piece(number: int, memory: int, state: State = State.WAITING, *on: Piece) -> Piece:
    return Piece(number, "m:f", on, Needs(), memory, state)


def test_the_first_that_fits_is_due() -> None:
    runs, big, small = piece(0, 4, State.RUNNING), piece(1, 8), piece(2, 2)
    assert due([runs, big, small], 10) is small
    assert due([runs, big, small], None) is big
    assert due([big, small], 1) is big  # which runs alone
    assert due([runs, piece(3, 1, State.WAITING, runs)], 10) is None


def test_workers_share_gpus_in_turn() -> None:
    assert [seen_by(k, ["cuda:0", "cuda:1", "cuda:2"], "3,5,GPU-1") for k in range(4)] == ["3", "5", "GPU-1", "3"]
    assert seen_by(0, []) is None
    with pytest.raises(PlaceError, match="'mps' is no GPU"):
        seen_by(0, ["mps"])
    with pytest.raises(PlaceError, match="there is no cuda:1"):
        seen_by(1, ["cuda:0", "cuda:1"], "0")


def test_a_container_has_less_memory_than_its_machine(tmp_path: Path) -> None:
    machine, group = tmp_path / "meminfo", tmp_path / "group"
    machine.write_text("MemTotal: 100 kB\nMemAvailable: 80 kB\n")
    group.mkdir()
    assert memory_left(machine, group) == 80 * 1024
    for name, value in (("memory.max", "9000"), ("memory.current", "5000"), ("memory.stat", "inactive_file 500\n")):
        (group / name).write_text(value)
    assert memory_left(machine, group) == 4500
    (group / "memory.max").write_text("max")
    assert memory_left(machine, group) == 80 * 1024


def test_what_is_handed_over_lies_in_shared_memory_where_that_has_room(tmp_path: Path) -> None:
    assert scratch_in(1000, tmp_path) == str(tmp_path)
    assert scratch_in(10**18, tmp_path) is None
    assert scratch_in(0, tmp_path / "none") is None


def test_workers_end_with_the_process_that_gave_them_work(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-m", work.NAME, str(tmp_path)], cwd=Path(__file__).parents[3])
    while not list(tmp_path.iterdir()):
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    (mark,) = tmp_path.iterdir()
    stat = Path(f"/proc/{mark.name}/stat")
    end = time.monotonic() + 20
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z" and time.monotonic() < end:
        time.sleep(0.01)
    assert time.monotonic() < end

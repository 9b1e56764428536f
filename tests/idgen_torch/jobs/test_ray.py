"""Fits on a real Ray cluster of several nodes, one of which is killed: equal to those of one process."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

pytest.importorskip("ray")

from ray.cluster_utils import Cluster

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.errors import DataError, PlaceError
from idgen_compiler.execute.cluster import Ray
from idgen_compiler.report.shards import sampled_by_ray
from idgen_torch import TorchBackend
from idgen_torch.families import registry
from tests.idgen_torch.jobs.odd import Odd, OddError
from tests.idgen_torch.jobs.test_elsewhere import front_door_data, trainings, weights
from tests.idgen_torch.programs import FRONT_DOOR, NAPKIN, napkin_data

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:.*is deprecated:DeprecationWarning",  # Ray's own, of itself
)

MEMORY = 100 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without cores, and two nodes with one each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY},
        )
        for _ in range(2):
            found.add_node(num_cpus=1, object_store_memory=MEMORY)
        yield found
        found.shutdown()


@pytest.fixture(scope="module")
def place(cluster: Any) -> Iterator[Ray]:
    with Ray(cluster.address) as found:
        yield found


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LOADED", dict(registry._LOADED))


def odd(place: Any, marks: Path, **more: Any) -> Any:
    return TorchBackend().fit(
        FRONT_DOOR, front_door_data(), place=place, device="cpu", family={"*": Odd(marks=str(marks))},
        families=[Odd], **{"progress": False, **more},
    )  # fmt: skip


def test_it_is_the_fit_of_one_process(place: Ray) -> None:
    told: dict[str, list[Any]] = {"here": [], "there": []}
    here, there = (
        TorchBackend().fit(
            NAPKIN, napkin_data(300), device="cpu", place=where, epochs=1, family={"Y": "classifier"},
            rows_factor=1, progress=lambda *event, name=name: told[name].append(event[:3]),
        )
        for name, where in (("here", "here"), ("there", place))
    )  # fmt: skip
    assert weights(there) == weights(here)
    assert str(there.report()) == str(here.report())
    assert sorted(told["there"]) == sorted(told["here"])


def test_what_a_killed_node_was_at_is_trained_again_and_nothing_else(cluster: Any, place: Ray, tmp_path: Path) -> None:
    marks, calm = tmp_path / "marks", tmp_path / "calm"
    marks.mkdir()
    calm.mkdir()
    (marks / "M.waits").touch()
    killer = threading.Thread(target=kill_the_node_of, args=(cluster, marks, "M 0"))
    killer.start()
    there = odd(place, marks, store=tmp_path / "kept")
    killer.join()
    assert trainings(marks) == ["M 0", "M 1", "X 0", "Y 0"]
    assert weights(there) == weights(odd("here", calm))
    assert [path.name for path in (tmp_path / "kept" / "jobs").iterdir()] == []
    cluster.add_node(num_cpus=1, object_store_memory=MEMORY)


def kill_the_node_of(cluster: Any, marks: Path, training: str) -> None:
    """Once all other models are trained, kill the node on which one is being trained, with all its processes."""
    while len(trainings(marks)) < 3:
        time.sleep(0.05)
    time.sleep(0.5)
    (process,) = (int(path.name.rpartition(" ")[2]) for path in marks.iterdir() if path.name.startswith(training))
    above = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    nodes = [node for node in cluster.worker_nodes if above in raylets(node)]
    assert len(nodes) == 1
    cluster.remove_node(nodes[0], allow_graceful=False)
    os.kill(process, 9)


def raylets(node: Any) -> list[int]:
    return [each.process.pid for each in node.all_processes["raylet"]]


def test_an_error_of_a_worker_is_the_error_of_the_fit(place: Ray, tmp_path: Path) -> None:
    (tmp_path / "X.fails").touch()
    with pytest.raises(Exception, match="fit of Odd raised OddError: X is odd") as caught:
        odd(place, tmp_path)
    assert isinstance(caught.value.__cause__, OddError)


def test_a_worker_that_does_not_see_the_store_says_so(place: Ray, tmp_path: Path) -> None:
    from idgen_torch.jobs.elsewhere import working

    lost = place.submit(working.make, [str(tmp_path / "gone"), "job"], ["a", "b"], "%m0", False, None, None, {})
    with pytest.raises(PlaceError, match=r"does not see .*gone; give store= a folder that all machines mount"):
        place.result(lost)


def test_samples_are_drawn_in_pieces_by_whoever_is_free(
    place: Ray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sampler = TorchBackend().fit(FRONT_DOOR, front_door_data(), device="cpu", progress=False)
    sampler.save(tmp_path / "saved")
    found = sampled_by_ray(tmp_path / "saved", 250, do={"X": 1}, seed=3, batch_size=100)
    whole = [y for piece in sampler.stream(250, do={"X": 1}, seed=3, batch_size=100) for y in piece["Y"].tolist()]
    assert [row["Y"] for row in found.take_all()] == whole
    with pytest.raises(DataError, match="X"):
        sampled_by_ray(tmp_path / "saved", 10, do={"X": 7})
    ask = ["sample", str(tmp_path / "saved"), "-n", "250", "--do", "X=1", "--seed", "3", "--place", "ray", "--address"]
    ask += [place.address or "", "--batch-size", "100", "--out", str(tmp_path / "samples")]
    assert main(ask) == 0
    written = [pq.read_table(path)["Y"].to_pylist() for path in sorted((tmp_path / "samples").iterdir())]
    assert sorted(y for piece in written for y in piece) == sorted(whole)
    assert main(ask) == 2
    assert "is there already" in capsys.readouterr().err


class Killing:
    """Progress that kills a worker that shares a model, once, in the middle of its training."""

    def __init__(self, cluster: Any, at: int) -> None:
        self.cluster, self.left = cluster, at
        self.totals: list[int] = []

    def start(self, name: str, total: int) -> None:
        self.totals.append(total)

    def advance(self, loss: float) -> None:
        self.left -= 1
        if not self.left:
            above = {pid for node in self.cluster.worker_nodes for pid in raylets(node)}
            os.kill(max(pid for pid in processes("RayTrainWorker") if parent(pid) in above), 9)

    def done(self) -> None: ...


def processes(title: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if title in path.read_bytes().decode(errors="replace"):
                found.append(int(path.parent.name))
    return found


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def test_two_workers_train_one_model_and_go_on_when_one_is_killed(cluster: Any, place: Ray, tmp_path: Path) -> None:
    program = idgen.compile(idgen.Query.parse("P(I | do(X))"), idgen.ADMG.parse("X -> I"))
    rng = np.random.default_rng(0)
    x = rng.integers(2, size=60)
    data = {"X": x, "I": (100 * x[:, None, None, None] + rng.integers(90, size=(60, 1, 8, 8))).astype(np.uint8)}
    images = {
        "steps": 30,
        "batch_size": 7,
        "network": "tests.idgen_torch.jobs.odd:Slow",
        "save_every": 2,
        "reserve": 0.0,
    }

    def fit(place: Any, **more: Any) -> Any:
        how = {"device": "cpu", "types": {"I": "image"}, "images": images, "progress": False, **more}
        return TorchBackend().fit(program, data, place=place, **how)

    killing = Killing(cluster, at=50)
    with Ray(cluster.address, workers_per_model=2) as two:
        there = fit(two, store=tmp_path / "kept", progress=killing)
    here = fit("here")
    assert killing.left < 0
    assert killing.totals[-1] < 60  # of a hundred: it went on from a state
    wanted = here.fitted.models["%m0"].state()[1]
    for name, values in there.fitted.models["%m0"].state()[1].items():
        torch.testing.assert_close(values, wanted[name], rtol=1e-4, atol=1e-5)
    assert str(there.report()) == str(here.report())
    assert [path.name for path in (tmp_path / "kept" / "jobs").iterdir()] == []

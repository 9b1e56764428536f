"""Fits on a real Ray cluster of several nodes, one of which is killed: equal to those of one process."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray")

from ray.cluster_utils import Cluster

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

    lost = place.submit(working.make, [str(tmp_path / "gone"), "job"], ["a", "b"], "%m0", False, None, {})
    with pytest.raises(PlaceError, match=r"does not see .*gone; give store= a folder that all machines mount"):
        place.result(lost)


def test_samples_are_drawn_in_pieces_by_whoever_is_free(place: Ray, tmp_path: Path) -> None:
    sampler = TorchBackend().fit(FRONT_DOOR, front_door_data(), device="cpu", progress=False)
    sampler.save(tmp_path / "saved")
    found = sampled_by_ray(tmp_path / "saved", 250, do={"X": 1}, seed=3, batch_size=100)
    whole = [y for piece in sampler.stream(250, do={"X": 1}, seed=3, batch_size=100) for y in piece["Y"].tolist()]
    assert [row["Y"] for row in found.take_all()] == whole
    with pytest.raises(DataError, match="X"):
        sampled_by_ray(tmp_path / "saved", 10, do={"X": 7})

"""Several processes that train one diffusion model: the same draws, and the same model up to the order of sums."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from idgen_compiler.errors import DataError
from idgen_torch.families import Family, Run, Task
from idgen_torch.training.crew import ALONE, Crew
from tests.idgen_torch.families.test_image_families import A, P, rows_of
from tests.idgen_torch.training import crewed

State = dict[str, torch.Tensor]


FREE = re.compile(r"(conv\d|conv_shortcut|to_k)\.bias$")
"""What the network puts out does not depend on these: a normalization takes them away. Their gradients are rounding."""


def assert_close(found: State, wanted: State) -> None:
    for name, values in wanted.items():
        within = {"rtol": 0.0, "atol": 1e-2} if FREE.search(name) else {"rtol": 1e-4, "atol": 1e-5}
        torch.testing.assert_close(found[name], values, **within)


class Stopped:
    """Progress that ends a training after so many of its hundred parts."""

    def __init__(self, parts: int) -> None:
        self.left = parts

    def start(self, name: str, total: int) -> None:
        self.name = name

    def advance(self, loss: float) -> None:
        self.left -= "kinds" not in self.name
        if not self.left:
            raise KeyboardInterrupt

    def done(self) -> None: ...


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, State], dict[str, State]]:
    """What one process makes of each case, and what two make together."""
    alone, both = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("both")
    with pytest.raises(KeyboardInterrupt):
        crewed.trained("kept", both, progress=Stopped(60))
    assert (both / "kept.state").exists()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.idgen_torch.training.crewed"]
    joined = {**environment, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    workers = [
        subprocess.Popen([*command, rank, "2", str(both)], env={**joined, "RANK": rank, "LOCAL_RANK": rank})
        for rank in "01"
    ]
    one = {case: crewed.trained(case, alone) for case in crewed.CASES}
    assert [worker.wait(timeout=600) for worker in workers] == [0, 0]
    return one, {case: safetensors.torch.load_file(both / f"{case}.out") for case in (*crewed.CASES, "timed")}


@pytest.mark.parametrize("case", crewed.CASES)
def test_two_processes_make_what_one_makes(case: str, models: tuple[dict[str, State], dict[str, State]]) -> None:
    one, two = models[0][case], models[1][case]
    assert one.keys() == two.keys()
    assert_close(two, one)
    same = all(torch.equal(two[name], values) for name, values in one.items())
    assert same == (case == "few")  # sums in another order differ somewhere: two processes did share the rows


def test_equal_crews_make_equal_models(models: tuple[dict[str, State], dict[str, State]]) -> None:
    new, again, kept = (models[1][case] for case in ("new", "again", "kept"))
    assert all(torch.equal(new[name], again[name]) for name in new)
    assert_close(kept, new)  # one process began it, and two ended it


def test_a_budget_in_seconds_is_over_for_all_at_once(models: tuple[dict[str, State], dict[str, State]]) -> None:
    assert all(bool(values.isfinite().all()) for values in models[1]["timed"].values())


@pytest.mark.parametrize("count", [1, 2, 5, 64])
def test_the_shares_of_a_batch_are_its_rows_once_each(count: int) -> None:
    rows = torch.arange(count)
    crews = [Crew(rank, 3) for rank in range(3)]
    taken = [crew.share(rows) for crew in crews if crew.weight(count)]
    assert sorted(torch.cat(taken).tolist()) == rows.tolist()
    mean = sum(crew.weight(count) * crew.share(rows).double().mean() for crew in crews) / 3
    assert float(mean) == pytest.approx(float(rows.double().mean()))
    assert ALONE.share(rows) is rows


def test_what_sees_the_whole_batch_is_refused() -> None:
    network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3))
    ALONE.check(network, "p")
    with pytest.raises(DataError, match="batch normalization"):
        Crew(1, 2).check(network, "p")


def test_processes_of_somebody_elses_are_not_joined(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = Task((P,), (A,), rows_of(32))
    recipe = replace(crewed.RECIPE, steps=1, kinds=1)
    before = recipe.fit(asked, Run(seed=1)).state()[1]
    for name, value in (("RANK", "1"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    after = recipe.fit(asked, Run(seed=1)).state()[1]
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert os.environ["WORLD_SIZE"] == "2"


def test_a_family_that_is_not_shared_helps_nobody() -> None:
    from idgen_torch.families import Table

    recipe: Family = Table()
    assert not recipe.shared
    with pytest.raises(DataError, match="models of table are trained by one process"):
        recipe.help(Task((A,), (), rows_of(8)), Run())

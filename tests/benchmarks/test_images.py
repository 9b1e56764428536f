"""The baselines and the judge of the picture benchmark, at a size of seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.demo.colored_digits import Bank, napkin_images, single_colored
from idgen_compiler.demo.napkin_mnist import HARD, PAPER, attributes, total_variation, truth
from idgen_torch.families import Diffusion, Run
from tests.benchmarks.baselines.diffusion_nodes import cond, dcm
from tests.benchmarks.baselines.ncm_gan import GanNcm
from tests.benchmarks.baselines.ncm_mle import MleNcm
from tests.benchmarks.napkin_discrete import GRAPHS, discrete
from tests.benchmarks.napkin_judge import Judge


@pytest.fixture(scope="module")
def bank() -> Bank:
    return Bank.bundled(16, "test")


def test_digits_have_three_thicknesses(bank: Bank) -> None:
    ink = bank.pictures.astype(float).mean((0, 2, 3))
    assert ink[0] < ink[1] < ink[2]
    assert bank.pictures.shape == (359, 3, 16, 16)


def test_diffusion_nodes_and_the_gan_draw_pictures(bank: Bank) -> None:
    data, _ = napkin_images(bank, 100, 0)
    rows = {name: torch.from_numpy(data[name]) for name in ("W1", "X", "Y")}
    x, y = (Part(name, dim=768, shape=(3, 16, 16)) for name in ("X", "Y"))
    how = Diffusion(steps=2, batch_size=8, channels=(8, 8), sampling_steps=1)
    for fit in (cond, dcm):
        model = fit(y, x, rows, how, Run())
        assert model.sample(rows, 3, torch.Generator().manual_seed(0))["Y"].shape == (3, 3, 16, 16)
    rows["W2.digit"] = torch.from_numpy(data["W2.digit"])
    rows["W2.color"] = torch.from_numpy((data["W2.color"] == "green").astype(np.int64))
    gan = GanNcm.fit(rows, 0.2, 0)
    drawn = gan.do(rows["X"][:5], 1)
    assert drawn.dtype == torch.uint8
    assert torch.equal(drawn, gan.do(rows["X"][:5], 1))


def test_the_likelihood_ncm_learns_what_x_does() -> None:
    rows = {name: torch.from_numpy(codes) for name, codes in attributes(20_000, 0, PAPER).items()}
    found, true = MleNcm.fit(rows, 40, 0).do(3, 0, 1), truth(3, 0, 1, PAPER)
    assert all(law.sum() == pytest.approx(1, abs=1e-5) for law in found.values())
    assert found["digit"].argmax() == 3
    assert total_variation(found["thickness"], true["thickness"]) < 0.2


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")  # of the wrong adjustment, with reason
def test_only_the_napkin_knows_the_colours_of_the_hard_mechanisms() -> None:
    color = {method: discrete(HARD, method, 0, quick=False)["color TV"] for method in GRAPHS}
    assert color["discrete"] < 0.03
    assert color["discrete adjusting W2"] == pytest.approx(0.056, abs=0.015)
    assert color["discrete adjusting W1"] == pytest.approx(0.122, abs=0.015)
    assert color["discrete marginal"] == pytest.approx(0.201, abs=0.015)
    assert color["discrete cond"] == pytest.approx(0.256, abs=0.015)


def test_the_judge_reads_colours_and_measures_distance(bank: Bank, tmp_path: Path) -> None:
    last = np.arange(len(bank.labels)) % 5 == 4
    learn, check = (Bank(bank.pictures[part], bank.labels[part]) for part in (~last, last))
    file = tmp_path / "kept" / "judge.json"
    judge = Judge.train(learn, check, 1_500, 4, file)
    assert Judge.train(learn, check, 1_500, 4, file).accuracy == judge.accuracy
    assert judge.accuracy["color"] > 0.95
    data, codes = napkin_images(bank, 300, 1)
    assert np.mean(judge.attributes(data["Y"])["color"] == codes["Y.color"]) > 0.95
    assert judge.frechet(data["Y"], data["Y"]) == pytest.approx(0, abs=1e-3)
    assert judge.frechet(data["Y"], 255 - data["Y"]) > 1
    assert single_colored(data["Y"]) == 1
    verdict = judge.verdict(data["Y"], truth(3, 0, 1, PAPER), data["W1"])
    assert verdict.tv["digit"] > 0.5

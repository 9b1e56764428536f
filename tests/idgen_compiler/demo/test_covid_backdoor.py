"""The pipeline of the covid-backdoor demo: its truth, a small run of it, and COVIDx's files, right and damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.demo import chest
from idgen_compiler.demo.covidx import read_labels, read_patients
from idgen_compiler.hinge.calibration import Reliability
from tests.real_data import real_data

LABELS = real_data("covidx_labels")


def test_the_truth_is_the_integral_over_the_haze() -> None:
    level = (np.arange(20_000) + 0.5) / 20_000
    for c, (a, b) in enumerate(chest.HAZE):
        weight = level ** (a - 1) * (1 - level) ** (b - 1)
        odds = chest.BASE + chest.BY_HAZE * level[:, None] + np.asarray(chest.BY_HOSPITAL)
        chance = weight / weight.sum() @ (1 / (1 + np.exp(-odds)))
        hospital = np.asarray([chest.INFECTED[h] if c else 1 - chest.INFECTED[h] for h in (0, 1)])
        found = chest.truth(c, draws=20_000)
        assert found[0] == pytest.approx(chance.mean(), abs=0.006)
        assert found[1] == pytest.approx(chance @ hospital / hospital.sum(), abs=0.006)
        assert abs(found[0] - found[1]) > 0.15


def test_the_haze_is_read_off_every_picture() -> None:
    generator = np.random.default_rng(0)
    for c, (a, b) in enumerate(chest.HAZE):
        level = chest.haze(chest.pictures(np.full(4_000, c), generator))
        assert level.mean() == pytest.approx(a / (a + b), abs=0.012)
        assert level.std() == pytest.approx((a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5, abs=0.012)


def test_patients_follow_the_true_conditional() -> None:
    some = chest.patients(8_000, 0)
    law = chest.probability(some.pictures, some.infected)
    found = Reliability.of(np.stack([1 - law, law], 1), some.found)
    assert found.ece < found.high_ece * 1.2
    assert some.found[some.infected == 1].mean() == pytest.approx(chest.truth(1, 20_000)[1], abs=0.03)
    assert np.array_equal(some.pictures, chest.patients(8_000, 0).pictures)
    assert not np.array_equal(some.pictures, chest.patients(8_000, 1).pictures)


def test_a_small_run() -> None:
    pytest.importorskip("diffusers")
    from idgen_compiler.demo.covid_backdoor import Size, findings, fitted

    size = Size(2_000, 1_000, 100, 100, (8, 16), sampling_steps=4)
    data, fresh = chest.patients(size.rows, 0), chest.patients(size.fresh, 9)
    sampler = fitted(data, size, 0, "cpu", progress=False)
    found = findings(sampler, data, fresh, size, 0, rendered=True)
    for c in (0, 1):
        assert abs(found.answers["no diffusion"][c] - found.answers["truth"][c]) < 0.06
        assert abs(found.answers["no latent"][c] - found.answers["truth"][c]) > 0.12
        assert 0 < found.answers["diffusion"][c] < 1
        assert 0 < found.errors[c] < 0.05
    assert found.ideal is not None
    assert found.fresh.ece < found.ideal.ece + 0.04
    assert found.calibration.target == "N"
    assert found.generated[0].shape == (100, 1, chest.SIDE, chest.SIDE)


@pytest.mark.demo
def test_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "covid-backdoor", "--quick", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    for line in ("1. Trace", "5. Pictures", "6. Answer", "no diffusion", "fresh rows, true conditional"):
        assert line in text
    for name in ("covid-pictures.png", "covid-reliability.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


# -- COVIDx -----------------------------------------------------------------------------------------------------------


def tiny(folder: Path, count: int = 40) -> Path:
    """A copy of COVIDx's layout, with pictures of several sizes and colors; one in eight is in one file only."""
    image = pytest.importorskip("PIL.Image")
    generator = np.random.default_rng(0)
    (folder / "train").mkdir(parents=True)
    both, nine = [], []
    for k in range(count):
        label = ("normal", "pneumonia", "COVID-19")[k % 3]
        name = f"p{k}.{'jpg' if k % 5 == 0 else 'png'}"
        gray = np.clip(generator.normal(60 + 70 * (k % 3), 10, (40 + k % 7, 50)), 0, 255).astype(np.uint8)
        picture = image.fromarray(gray)
        (picture.convert("RGB") if k % 4 == 0 else picture).save(folder / "train" / name)
        both.append(f"{k} {name} {'positive' if label == 'COVID-19' else 'negative'} cohen")
        if k % 8:
            nine.append(f"{k} {name} {label} rsna")
    (folder / "train.txt").write_text("\n".join(both) + "\n")
    (folder / "train_COVIDx9A.txt").write_text("\n".join(nine) + "\n")
    return folder


def test_the_layout_of_covidx_is_read(tmp_path: Path) -> None:
    some, labels = read_patients(tiny(tmp_path), 1000, 12, seed=0)
    assert (len(labels.files), labels.left_out) == (35, 5)
    assert some.pictures.shape == (35, 1, 12, 12)
    assert some.pictures.dtype == np.uint8
    # The pictures are as bright as their label says, so that label and picture belong together.
    level = np.rint((some.pictures.mean((1, 2, 3)) - 60) / 70).astype(int)
    assert np.array_equal(some.infected, (level == 2).astype(int))
    assert np.array_equal(some.found, (level >= 1).astype(int))
    few, _ = read_patients(tmp_path, 10, 12, seed=1)
    assert len(few.found) == 10


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text) and None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "train.txt").unlink(), "train.txt cannot be read .*--data is a folder with train.txt"),
        (lambda f: (f / "train_COVIDx9A.txt").unlink(), "train_COVIDx9A.txt cannot be read"),
        (write("train.txt", ""), "train.txt is empty"),
        (write("train.txt", "1 p1.png negative\n"), "line 1: 3 fields, not the 4"),
        (write("train.txt", "1 p1.png maybe x\n"), "line 1: the label 'maybe' is none of negative, positive"),
        (write("train.txt", "1 ../p1.png negative x\n"), "is a path, not the name"),
        (write("train.txt", "1 p1.png negative x\n1 p1.png positive x\n"), "line 2: p1.png is positive, and negative"),
        (
            write("train.txt", "1 p1.png positive x\n"),
            "p1.png is positive in train.txt and pneumonia in train_COVIDx9A",
        ),
        (write("train.txt", "1 other.png positive x\n"), "name no picture in common"),
        (lambda f: (f / "train.txt").write_bytes(b"\xff\xfe\x00"), "is no text"),
        (lambda f: (f / "train" / "p1.png").unlink(), r"lacks 1 of 35 pictures that train.txt names, such as p1.png"),
        (lambda f: (f / "train" / "p1.png").write_bytes(b"\x89PNG\r\n"), "p1.png cannot be read as a picture"),
        (
            lambda f: (f / "train" / "p1.png").write_bytes((f / "train" / "p2.png").read_bytes()[:300]),
            "p1.png cannot be read as a picture",
        ),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(tiny(tmp_path))
    with pytest.raises(idgen.DataError, match=message):
        read_patients(tmp_path, 1000, 12, seed=0)


def test_a_picture_of_more_than_eight_bits_is_refused(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    tiny(tmp_path)
    image.fromarray(np.full((8, 8), 40_000, dtype=np.uint16)).save(tmp_path / "train" / "p1.png")
    with pytest.raises(idgen.DataError, match="more than 8 bits a pixel"):
        read_patients(tmp_path, 1000, 12, seed=0)


@pytest.mark.demo
@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_the_demo_on_the_layout_of_covidx(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["demo", "covid-backdoor", "--quick", "--data", str(tiny(tmp_path / "covidx", 80))]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "46 of 70 X-rays at 16 x 16, and 24 fresh ones; 10 with one label only are left out" in text
    assert "true conditional" not in text
    lines = (tmp_path / "covidx" / "train.txt").read_text().splitlines()
    (tmp_path / "covidx" / "train.txt").write_text("\n".join(line for line in lines if "negative" in line))
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    assert "too few pictures with or without COVID-19" in capsys.readouterr().err
    assert main(["demo", "covid-backdoor", "--quick", "--data", str(tmp_path / "none")]) == 2
    assert "--data is a folder with train.txt" in capsys.readouterr().err


@pytest.mark.skipif(not LABELS.exists(), reason="needs COVIDx's label files in IDGEN_DATA/covidx_labels")
def test_the_labels_of_covidx_give_the_paper_s_share() -> None:
    labels = read_labels(LABELS)
    assert (len(labels.files), labels.left_out) == (29_634, 848)
    assert labels.found[labels.infected == 0].mean() == pytest.approx(0.406, abs=0.002)
    assert labels.found[labels.infected == 1].mean() == 1
    assert len(read_labels(LABELS, "test").files) == 400

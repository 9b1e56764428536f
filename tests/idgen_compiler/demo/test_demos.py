"""The demos run, agree with the truth, and say so; small and quick ones here."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.cli import main
from idgen_compiler.demo import DEMOS, Demo, DemoSettings, find
from idgen_compiler.demo.digits import RGB, Handwriting
from idgen_compiler.demo.front_door import observe, seen, truth
from idgen_compiler.demo.napkin_mnist import COLORS


@pytest.mark.demo
def test_napkin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--quick", "--rows", "5000", "--out", str(tmp_path / "new")]) == 0
    text = capsys.readouterr().out
    for heading in ("1. Trace", "2. Estimand", "3. Program", "4. Verification", "5. Fit", "6. Answer", "7. Plot"):
        assert heading in text
    distances = re.findall(r"total variation to the truth +([\d.]+) +([\d.]+) +([\d.]+)", text)
    assert len(distances) == 3
    _, color, _ = distances
    assert float(color[0]) < 0.08 < 0.3 < float(color[2])
    picture = (tmp_path / "new" / "napkin.png").read_bytes()
    assert picture.startswith(b"\x89PNG")


@pytest.mark.demo
def test_front_door(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["demo", "front-door", "--quick", "--rows", "2000", "--out", str(tmp_path)]) == 0
    lines = re.findall(r"^ *([+-]\d) +([+-][\d.]+) \(.*?\) +([+-][\d.]+) ", capsys.readouterr().out, flags=re.MULTILINE)
    assert [x for x, _, _ in lines] == ["-2", "-1", "+0", "+1", "+2"]
    assert max(abs(float(sampled) - float(true)) for _, sampled, true in lines) < 0.4


def test_front_door_in_closed_form() -> None:
    data = observe(400_000, seed=0)
    near = np.abs(data["X"] - 1) < 0.05
    assert (data["Y"][near].mean(), data["Y"][near].std()) == pytest.approx(seen(1.0), abs=0.03)
    assert truth(1.0)[0] == pytest.approx(0.8)


def test_demos_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [demo.name for demo in DEMOS]


def test_unknown_demo() -> None:
    with pytest.raises(idgen.IdgenError, match="did you mean napkin"):
        find("napkn")


def test_a_missing_library_is_named() -> None:
    from idgen_compiler.report.page import Page

    with pytest.raises(idgen.IdgenError, match="needs nosuchlibrary"):
        Demo("x", "x", "nosuchlibrary").run(Page.on(), DemoSettings())


def test_settings_are_checked() -> None:
    with pytest.raises(idgen.IdgenError, match="1,000"):
        DemoSettings(rows=10)
    with pytest.raises(idgen.IdgenError, match="seed"):
        DemoSettings(seed=-1)


def test_pictures_have_their_colour_and_thickness() -> None:
    handwriting = Handwriting.load()
    assert set(RGB) == set(COLORS)
    ink = {}
    for thickness in ("thin", "regular", "thick"):
        picture = handwriting.picture(3, "blue", thickness, np.random.default_rng(0))
        assert picture.shape == (60, 60, 3)
        assert 0 <= picture.min() <= picture.max() <= 1
        assert picture.sum((0, 1)).argmax() == 2
        ink[thickness] = picture.sum()
    assert ink["thin"] < ink["regular"] < ink["thick"]


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
@pytest.mark.demo
def test_napkin_images(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["demo", "napkin-images", "--quick", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "regenerate do(W2" in text
    assert "reweight %obs do(W2" in text
    assert len(re.findall(r"Y's color, do\(red [35]\)", text)) == 4
    assert (tmp_path / "napkin-images.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_without_mnist_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "napkin-images", "--quick", "--data", str(tmp_path)]) == 2
    assert "holds no train-images-idx3-ubyte" in capsys.readouterr().err

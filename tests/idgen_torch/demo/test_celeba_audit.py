"""The audit of a user's own translators and classifier, on a tiny copy of CelebA's layout."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from idgen_compiler.cli import main
from idgen_compiler.demo.celeba import IMAGES, SIDE, TABLE
from idgen_compiler.errors import DataError, IdgenError
from idgen_torch.demo.celeba_audit import BATCH, classifying, named_callable, translating

MINE = """
import numpy as np
import torch

CALLS = []

def paint(inputs, n, generator):
    CALLS.append((n, inputs["I1"].shape, inputs["I1"].dtype, sorted(inputs)))
    pictures = torch.tensor(inputs["I1"]).float() / 255
    pictures[:, 0] = torch.where(torch.from_numpy(inputs["Male"] == 0)[:, None, None], 1.0, pictures[:, 0])
    return pictures

def classify(pictures):
    red = pictures[:, 0].mean((1, 2)) > 200
    return np.stack([pictures[:, 1].mean((1, 2)) > 128, red, pictures[:, 2].mean((1, 2)) > 128], axis=1)

def logits(pictures):
    return np.full((len(pictures), 3), 0.3)

NUMBER = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """24 pictures of one color each: lipstick is red, men are green, the young are blue."""
    (tmp_path / "mine_for_celeba.py").write_text(MINE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    images = tmp_path / "celeba" / IMAGES
    images.mkdir(parents=True)
    lines = [str(24), "Male Wearing_Lipstick Young"]
    for k in range(24):
        male, lipstick, young = k % 2, (k % 2 == 0) & (k % 3 > 0), k % 4 < 2
        Image.new("RGB", (6, 8), (255 * lipstick, 255 * male, 255 * young)).save(images / f"{k:06}.png")
        lines.append(f"{k:06}.png " + " ".join("1" if v else "-1" for v in (male, lipstick, young)))
    (tmp_path / "celeba" / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "celeba"


def arguments(folder: Path, translator: str = "mine_for_celeba:paint", classifier: str = "classify") -> list[str]:
    where = ["--data", str(folder), "--out", str(folder.parent / "out")]
    brought = ["--translator", translator, "--classifier", f"mine_for_celeba:{classifier}"]
    return ["demo", "translation-audit", "--quick", *where, *brought]


@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.DataWarning")
@pytest.mark.filterwarnings("ignore::idgen_compiler.errors.OverlapWarning")
def test_a_translator_of_ones_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(folder)) == 0
    text = capsys.readouterr().out
    assert "24 of 24 pictures; 50% Male, 50% Young" in text
    # Everybody gets lipstick, which no man and two thirds of the women have before.
    row = next(line.split() for line in text.splitlines() if line.startswith("Wearing_Lipstick"))
    do, _, seen, men = (float(cell.rstrip("%")) for cell in row[1:])
    assert do == pytest.approx(100 * 2 / 3, abs=15)
    assert seen == pytest.approx(100 / 3, abs=0.1)
    assert men == 100
    assert (folder.parent / "out" / "translation-audit.png").read_bytes().startswith(b"\x89PNG")
    import mine_for_celeba  # type: ignore[import-not-found]

    calls = mine_for_celeba.CALLS
    assert {shape[1:] for _, shape, _, _ in calls} == {(3, SIDE, SIDE)}
    assert {str(dtype) for _, _, dtype, _ in calls} == {"uint8"}
    assert max(n for n, *_ in calls) <= BATCH


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"translator": "nosuchmodule:f"}, "cannot be imported"),
        ({"translator": "mine_for_celeba"}, "write module:function"),
        ({"translator": "mine_for_celeba:pant"}, "has no pant"),
        ({"translator": "mine_for_celeba:NUMBER"}, "is no function"),
        ({"classifier": "logits"}, "other values than 0 and 1"),
        ({"classifier": "paint"}, "classify|takes|missing"),
    ],
)
def test_what_is_not_brought_well_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], message: str
) -> None:
    assert main(arguments(folder, **change)) == 2
    error = capsys.readouterr().err
    assert any(part in error for part in message.split("|"))


def test_options_go_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "translation-audit", "--quick", "--data", str(folder)]) == 2
    assert "--data needs --translator" in capsys.readouterr().err
    assert main(["demo", "translation-audit", "--quick", "--classifier", "a:b"]) == 2
    assert "say where these are with --data" in capsys.readouterr().err


def test_wrong_shapes_are_told() -> None:
    pictures, generator = np.zeros((3, 3, 4, 4), np.uint8), torch.Generator()
    last = translating(lambda inputs, n, g: np.moveaxis(inputs["I1"], 1, -1))
    with pytest.raises(DataError, match="channels come first"):
        last({"I1": pictures}, 3, generator)
    with pytest.raises(DataError, match=r"\(3, 40\) is wanted"):
        classifying(lambda p: np.zeros((len(p), 39)), 40)(pictures)
    dark = translating(lambda inputs, n, g: inputs["I1"] - 2.0)
    with pytest.raises(DataError, match="outside 0 to 1"):
        dark({"I1": pictures}, 3, generator)
    assert classifying(lambda p: torch.ones(len(p), 2), 2)(pictures).tolist() == [[1, 1]] * 3
    assert classifying(lambda p: p, 2)(pictures[:0]).shape == (0, 2)


def test_batches_are_put_together() -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (2 * BATCH + 5, 3, 2, 2), dtype=np.uint8)
    same = translating(lambda inputs, n, g: inputs["I1"])
    assert np.array_equal(same({"I1": pictures}, len(pictures), torch.Generator()), pictures)


def test_names_of_functions() -> None:
    assert named_callable("--classifier", "types:ModuleType") is ModuleType
    with pytest.raises(IdgenError, match="write module:function"):
        named_callable("--classifier", ":f")


def test_one_sex_alone_is_no_data(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder / TABLE
    lines = table.read_text("utf-8").splitlines()
    table.write_text("\n".join(["12", lines[1], *lines[2::2]]) + "\n", encoding="utf-8")
    assert main(arguments(folder)) == 2
    assert "the 12 pictures are all of one sex" in capsys.readouterr().err

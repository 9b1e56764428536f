"""CelebA's layout: what is read of it, and what is said of folders that are damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from idgen_compiler.demo.celeba import IMAGES, TABLE, CelebA
from idgen_compiler.errors import DataError

LINES = ("3", "Male Smiling Young ", "000001.jpg  1 -1  1", "000002.png -1  1 -1", "000003.jpg -1 -1  1")


def lay(folder: Path, lines: tuple[str, ...] = LINES, newline: str = "\n") -> Path:
    """A tiny copy of the real layout: a red, a green and a gray picture, taller than wide."""
    images = folder / IMAGES
    images.mkdir(parents=True)
    (folder / TABLE).write_text(newline.join(lines) + newline, encoding="utf-8", newline="")
    Image.new("RGB", (18, 22), (255, 0, 0)).save(images / "000001.jpg")
    Image.new("RGB", (40, 20), (0, 255, 0)).save(images / "000002.png")
    Image.new("L", (18, 22), 128).save(images / "000003.jpg")
    return folder


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_reads_the_layout(tmp_path: Path, newline: str) -> None:
    celeba = CelebA.read(lay(tmp_path / "celeba", newline=newline), ("Male", "Young"))
    assert celeba.attributes == ("Male", "Smiling", "Young")
    assert celeba.files == ("000001.jpg", "000002.png", "000003.jpg")
    assert celeba.column("Male").tolist() == [1, 0, 0]
    assert celeba.column("Young").tolist() == [1, 0, 1]
    pictures = celeba.pictures(side=8)
    assert pictures.shape == (3, 3, 8, 8)
    assert pictures.mean((2, 3)).round(-1).tolist() == [[250, 0, 0], [0, 260, 0], [130, 130, 130]]


def test_the_middle_square_is_taken(tmp_path: Path) -> None:
    folder = lay(tmp_path)
    tall = np.zeros((22, 18, 3), np.uint8)
    tall[2:20] = 200  # 18 x 18 in the middle of 18 x 22
    Image.fromarray(tall).save(folder / IMAGES / "000002.png")
    square = CelebA.read(folder).pictures(side=18)[1]
    assert square.shape == (3, 18, 18)
    assert (square == 200).all()


def test_some_are_drawn_with_their_values(tmp_path: Path) -> None:
    celeba = CelebA.read(lay(tmp_path))
    some = celeba.some(2, seed=0)
    assert len(some) == 2
    for file, values in zip(some.files, some.values, strict=True):
        assert values.tolist() == celeba.values[celeba.files.index(file)].tolist()
    assert celeba.some(10, seed=0).files == celeba.files


def without(folder: Path, name: str) -> None:
    (folder / name).unlink()


def truncate(folder: Path) -> None:
    path = folder / IMAGES / "000001.jpg"
    path.write_bytes(path.read_bytes()[:100])


def rewrite(*lines: str) -> Callable[[Path], None]:
    return lambda folder: (folder / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8") and None


def no_text(folder: Path) -> None:
    (folder / TABLE).write_bytes(b"\xff\xfe\x00\x80" * 10)


DAMAGED: dict[str, tuple[Callable[[Path], None], str]] = {
    "no table": (lambda folder: without(folder, TABLE), "there is no .*list_attr_celeba.txt; --data takes the folder"),
    "no text": (no_text, "is no text"),
    "empty": (rewrite(""), "does not begin with a line that counts"),
    "no count": (rewrite(*LINES[1:], "000004.jpg 1 1 1"), "does not begin with a line that counts"),
    "cut off": (rewrite(*LINES[:-1]), "counts 3 pictures and lists 2; fetch it again"),
    "a column too few": (rewrite(*LINES[:-1], "000003.jpg -1 1"), "line 5, has 2 values for 3 attributes"),
    "an empty line": (rewrite("3", *LINES[1:4], "", LINES[4]), "counts 3 pictures and lists 4"),
    "a wrong value": (rewrite(*LINES[:-1], "000003.jpg -1 0 1"), "line 5, has the value '0'; attributes are 1 or -1"),
    "twice": (rewrite(*LINES[:-1], LINES[2]), "names the picture '000001.jpg' twice"),
    "attribute twice": (rewrite("3", "Male Young Young", *LINES[2:]), "names the attribute 'Young' twice"),
    "no Young": (rewrite("3", "Male Smiling Yuong", *LINES[2:]), "has no attribute Young; did you mean Yuong"),
    "a picture is missing": (lambda folder: without(folder, f"{IMAGES}/000002.png"), "000002.png.* not there"),
    "a picture is cut off": (truncate, "000001.jpg cannot be read as an image"),
    "a picture elsewhere": (rewrite(*LINES[:-1], "../list_attr_celeba.txt 1 1 1"), "does not lie below"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_folders_are_told(tmp_path: Path, name: str) -> None:
    damage, message = DAMAGED[name]
    folder = lay(tmp_path / "celeba")
    damage(folder)
    with pytest.raises(DataError, match=message):
        CelebA.read(folder, ("Male", "Young")).pictures(side=8)

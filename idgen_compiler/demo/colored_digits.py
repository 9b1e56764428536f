"""Napkin-MNIST as pictures: digits with a color and a thickness, whose attributes follow `napkin_mnist`.

Source: Rahman, Jordan and Kocaoglu (NeurIPS 2024), appendix F.2.2. There, Morpho-MNIST (Castro et al. 2019) thins and
thickens; here, as there, strokes are eroded and dilated at a finer resolution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from idgen_compiler.data.reading.idx import read_idx
from idgen_compiler.demo.napkin_mnist import COLORS, NOISE, PAPER, SIZES, THICKNESSES, Codes, Mechanisms, attributes
from idgen_compiler.errors import DataError

__all__ = ["CHANNELS", "Bank", "labelled_pictures", "napkin_images", "single_colored"]

CHANNELS = {
    "red": (1, 0, 0),
    "green": (0, 1, 0),
    "blue": (0, 0, 1),
    "yellow": (1, 1, 0),
    "magenta": (1, 0, 1),
    "cyan": (0, 1, 1),
}
"""Color -> which of red, green and blue are lit."""

_FINE = 64
_CHUNK = 2_000

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Bank:
    """Gray digits in every thickness.  Shapes: pictures (digits, 3, size, size), labels (digits,).

    The thicknesses stand in the order of `THICKNESSES`: thin, regular, thick.
    """

    pictures: Pictures
    labels: Codes

    @property
    def size(self) -> int:
        """Height and width in pixels."""
        return int(self.pictures.shape[-1])

    @classmethod
    def bundled(cls, size: int = 16, part: str = "all") -> Bank:
        """Scikit-learn's 1,797 digits of 8 x 8, enlarged; `part` "train" has four fifths of them, "test" the others."""
        from sklearn.datasets import load_digits

        bunch = load_digits()
        images = np.pad(np.asarray(bunch.images) / 16 * 255, ((0, 0), (1, 1), (1, 1)))  # room for thick strokes
        labels = np.asarray(bunch.target, dtype=np.int64)
        test = np.arange(len(labels)) % 5 == 4
        keep = {"all": np.ones_like(test), "train": ~test, "test": test}[part]
        return cls.of(images[keep].astype(np.float32), labels[keep], size)

    @classmethod
    def mnist(cls, folder: str | Path, size: int = 16, part: str = "train", most: int | None = None) -> Bank:
        """The digits of MNIST's idx files in a folder; `part` "test" is the other set of files.

        Raises DataError naming the file that is missing or broken.
        """
        prefix = "t10k" if part == "test" else "train"
        images, labels = (_file(Path(folder), f"{prefix}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
        pictures, numbers = read_idx(images)[:most], read_idx(labels)[:most]
        if pictures.ndim != 3 or numbers.ndim != 1 or len(pictures) != len(numbers):
            raise DataError(f"{images} and {labels} do not fit: {pictures.shape} images, {numbers.shape} labels")
        return cls.of(pictures.astype(np.float32), numbers.astype(np.int64), size)

    @classmethod
    def of(cls, images: NDArray[np.float32], labels: Codes, size: int) -> Bank:
        """Gray images (digits, height, width) between 0 and 255 in every thickness, at another size."""
        times = max(2, _FINE // size)
        pictures = np.empty((len(images), len(THICKNESSES), size, size), dtype=np.uint8)
        for start in range(0, len(images), _CHUNK):
            piece = slice(start, start + _CHUNK)
            fine = _enlarged(images[piece], times * size)
            for k, shaped in enumerate(_thicknesses(fine)):
                blocks = shaped.reshape(len(shaped), size, times, size, times).mean((2, 4))
                pictures[piece, k] = np.clip(np.round(1.15 * blocks), 0, 255)
        return cls(pictures, labels)

    def colored(self, index: Codes, color: Codes, thickness: Codes) -> Pictures:
        """Pictures of these digits in these colors and thicknesses.  Shape: (rows,) each -> (rows, 3, size, size)."""
        lit = np.asarray([CHANNELS[name] for name in COLORS], dtype=np.uint8)[color]
        gray = self.pictures[index, thickness]
        return np.ascontiguousarray(gray[:, None] * lit[:, :, None, None])

    def draw(self, digits: Codes, generator: np.random.Generator) -> Codes:
        """A random picture of each digit, by its place in the bank.  Shape: (rows,)."""
        place = np.empty(len(digits), dtype=np.int64)
        for digit in range(10):
            mine = np.flatnonzero(digits == digit)
            place[mine] = generator.choice(np.flatnonzero(self.labels == digit), size=len(mine))
        return place


def napkin_images(
    bank: Bank, rows: int, seed: int, mechanisms: Mechanisms = PAPER, noise: float = NOISE
) -> tuple[dict[str, NDArray[Any]], dict[str, Codes]]:
    """Rows of W1, X, Y as pictures and W2 as two columns of labels; and the codes of all attributes, for judging.

    Y is X's handwriting unless its digit was replaced by noise; every other picture is drawn afresh.
    Shapes: pictures (rows, 3, size, size) uint8, labels (rows,).
    """
    codes = attributes(rows, seed, mechanisms, noise)
    generator = np.random.default_rng((seed, 1))
    w1, x = (bank.draw(codes[f"{v}.digit"], generator) for v in ("W1", "X"))
    y = np.where(codes["Y.digit"] == codes["X.digit"], x, bank.draw(codes["Y.digit"], generator))
    data: dict[str, NDArray[Any]] = {
        name: bank.colored(place, codes[f"{name}.color"], codes[f"{name}.thickness"])
        for name, place in (("W1", w1), ("X", x), ("Y", y))
    }
    data["W2.digit"] = codes["W2.digit"]
    data["W2.color"] = np.asarray(COLORS)[codes["W2.color"]]
    return data, codes


def labelled_pictures(bank: Bank, rows: int, seed: int) -> tuple[Pictures, Mapping[str, Codes]]:
    """Pictures of uniformly random digit, color and thickness with these codes, to train or try a classifier on."""
    generator = np.random.default_rng((seed, 2))
    codes = {name: generator.integers(SIZES[f"Y.{name}"], size=rows) for name in ("digit", "color", "thickness")}
    return bank.colored(bank.draw(codes["digit"], generator), codes["color"], codes["thickness"]), codes


def single_colored(pictures: Pictures) -> float:
    """The fraction of pictures without a blend: red, green and blue each below 20 % or above 80 % of the largest."""
    light = pictures.reshape(len(pictures), 3, -1).astype(np.float64).sum(-1)
    share = light / np.maximum(light.max(1, keepdims=True), 1)
    return float(((share < 0.2) | (share > 0.8)).all(1).mean())


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataError(f"{folder} holds no {name} or {name}.gz; give the folder of MNIST's four idx files")


def _enlarged(images: NDArray[np.float32], pixels: int) -> NDArray[np.float32]:
    """Images on a finer grid, smoothly; strokes keep hard edges.  Shape: (n, h, w) -> (n, pixels, pixels)."""
    down, across = (_spline(side, pixels) for side in images.shape[1:])
    zoomed = down @ images @ across.T
    sharpened: NDArray[np.float32] = np.clip(2.5 * (zoomed - 127.5) + 127.5, 0, 255).astype(np.float32)
    return sharpened


def _spline(before: int, after: int) -> NDArray[np.float32]:
    """Spline interpolation of a line as a matrix: cubic for very coarse lines, linear for others.

    Shape: (after, before).
    """
    order = 3 if before < 16 else 1
    matrix: NDArray[np.float32] = ndimage.zoom(
        np.eye(before, dtype=np.float32), (after / before, 1), order=order, grid_mode=True, mode="grid-constant"
    )
    return matrix


def _thicknesses(fine: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Thin, regular and thick strokes: an erosion by 3 pixels of 64 and a dilation by 5."""
    thin = round(3 * fine.shape[-1] / _FINE)
    thick = round(5 * fine.shape[-1] / _FINE)
    return (
        ndimage.grey_erosion(fine, size=(1, thin, thin)),
        fine,
        ndimage.grey_dilation(fine, size=(1, thick, thick)),
    )

"""Scikit-learn's bundled handwritten digits, and pictures of a digit with a color and a thickness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.datasets import load_digits

__all__ = ["RGB", "Handwriting"]

RGB = {
    "red": (1.0, 0.25, 0.25),
    "green": (0.25, 0.9, 0.35),
    "blue": (0.35, 0.5, 1.0),
    "yellow": (1.0, 0.9, 0.25),
    "magenta": (1.0, 0.35, 0.95),
    "cyan": (0.3, 0.95, 0.95),
}
"""A color's name -> red, green and blue between 0 and 1, bright enough for a black ground."""

MARGIN, PIXELS = 1, 60
"""Margin around the 8 x 8 original, and the side of a picture, in their own pixels."""


@dataclass(frozen=True)
class Handwriting:
    """Real handwritten digits.  Shapes: images (rows, 8, 8) between 0 and 1, digits (rows,)."""

    images: NDArray[np.float64]
    digits: NDArray[np.int64]

    @classmethod
    def load(cls) -> Handwriting:
        """The 1,797 digits that scikit-learn ships (Alpaydin and Kaynak 1998)."""
        bunch = load_digits()
        return cls(np.asarray(bunch.images) / 16, np.asarray(bunch.target, dtype=np.int64))

    def picture(self, digit: int, color: str, thickness: str, generator: np.random.Generator) -> NDArray[np.float64]:
        """Somebody's handwriting of a digit in a color and a thickness.  Shape: (60, 60, 3), between 0 and 1."""
        image = np.pad(self.images[generator.choice(np.flatnonzero(self.digits == digit))], MARGIN)
        large = ndimage.zoom(image, PIXELS / image.shape[0], order=3)
        match thickness:
            case "thin":
                large = ndimage.grey_erosion(large, size=(4, 4))
            case "thick":
                large = ndimage.grey_dilation(large, size=(5, 5))
        ink = np.clip(3 * (large - 0.35), 0, 1)
        colored: NDArray[np.float64] = ink[..., None] * np.asarray(RGB[color])
        return colored

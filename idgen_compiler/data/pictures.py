"""Images as files that people look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.atomic import whole_or_absent

__all__ = ["grid", "write_grid"]


def grid(images: NDArray[np.uint8], columns: int = 8) -> NDArray[np.uint8]:
    """Images side by side, row by row, the last row filled with black.

    Shape: (n, channels, h, w), with 1 or 3 channels -> (rows h, columns w, 3).
    """
    count, channels, height, width = images.shape
    rows = -(-count // columns)
    whole = np.zeros((rows * columns, channels, height, width), dtype=np.uint8)
    whole[:count] = images
    side = whole.reshape(rows, columns, channels, height, width).transpose(0, 3, 1, 4, 2)
    flat = side.reshape(rows * height, columns * width, channels)
    return np.repeat(flat, 3, axis=2) if channels == 1 else flat[..., :3]


def write_grid(path: Path, images: NDArray[np.uint8], columns: int = 8, times: int = 2) -> None:
    """Save a grid as PNG, each pixel `times` pixels large.  Raises DataError where it cannot be written."""
    from PIL import Image

    large = grid(images, columns).repeat(times, 0).repeat(times, 1)
    with whole_or_absent(path) as partial:
        Image.fromarray(large).save(partial)

"""Another hand for the pictures of Napkin-MNIST: slanted, turned, of many sizes and places, in soft round strokes.

`colored_digits` centers its digits, has one size, and erodes and dilates strokes by squares. Here each digit has a
size, a slant, a turn and a place of its own, and a stroke is as thick as its edge is far from the ink's, with soft
edges. What works on the one and not on the other depends on the renderer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from idgen_compiler.demo.colored_digits import Bank
from idgen_compiler.demo.napkin_mnist import THICKNESSES, Codes

__all__ = ["scattered"]

_FINE = 48  #: pixels on a side of the grid on which strokes are drawn
_SIZES, _SLANT, _TURN, _PLACE = (0.6, 0.9), 0.35, 0.25, 0.1
"""Size as a part of the picture's, slant, turn in radians, and how far from the middle, as a part of the side."""
_INK, _SOFT = 110.0, 0.6
_EDGES = (-1.0, 0.5, 2.4)
"""How far outside the ink the edge of a thin, a regular and a thick stroke lies, in pixels of the fine grid."""


def scattered(images: NDArray[np.uint8], labels: Codes, size: int, seed: int) -> Bank:
    """A bank of gray images (digits, height, width) between 0 and 255, each with a size and place of its own.

    >>> ring = np.zeros((1, 28, 28), np.uint8)
    >>> ring[0, 8:20, 8:20], ring[0, 11:17, 11:17] = 255, 0
    >>> bank = scattered(ring, np.array([0]), 16, seed=0)
    >>> light = bank.pictures.sum((2, 3))[0]
    >>> bank.pictures.shape, bool(light[0] < light[1] < light[2])
    ((1, 3, 16, 16), True)
    """
    generator = np.random.default_rng(seed)
    times = max(2, _FINE // size)
    pictures = np.empty((len(images), len(THICKNESSES), size, size), dtype=np.uint8)
    for k, image in enumerate(images):
        inside = _moved(image.astype(np.float32), times * size, generator) > _INK
        # Negative outside the ink, positive within: how far the edge is.
        depth = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
        for thickness, edge in enumerate(_EDGES):
            stroke = 255 / (1 + np.exp(-(depth + edge * times * size / _FINE) / _SOFT))
            blocks = stroke.reshape(size, times, size, times).mean((1, 3))
            pictures[k, thickness] = np.clip(np.round(1.1 * blocks), 0, 255)
    return Bank(pictures, labels)


def _moved(image: NDArray[np.float32], pixels: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """A gray image on a finer grid: slanted, turned, in some size and place.  Shape: (h, w) -> (pixels, pixels)."""
    size, slant, turn = generator.uniform(*_SIZES), generator.uniform(-_SLANT, _SLANT), generator.uniform(-_TURN, _TURN)
    place = generator.uniform(-_PLACE, _PLACE, 2) * pixels
    cosine, sine = np.cos(turn), np.sin(turn)
    turned = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1.0, 0.0], [slant, 1.0]])
    matrix = turned * (len(image) / pixels / size)  # from a place in the finer grid to one in the image
    middle = np.full(2, (pixels - 1) / 2) + place
    offset = np.full(2, (len(image) - 1) / 2) - matrix @ middle
    moved: NDArray[np.float32] = ndimage.affine_transform(image, matrix, offset, (pixels, pixels), order=1)
    return moved

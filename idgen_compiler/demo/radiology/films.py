"""Small chest pictures that show effusion, atelectasis and opacity, and what can be read off them.

An effusion is fluid at the bottom of one lung, an atelectasis a bright plate across the middle of the other, an opacity
a haze over the top of both. How much of each, where the patient stood and the noise of the film differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SIDE", "films", "read"]

SIDE = 16

CLEAR, BODY, NOISE = 40.0, 185.0, 6.0
"""Gray levels of a clear lung and of the body, and the deviation of each pixel's noise."""
FLUID, PLATE, HAZE = (105.0, 150.0), (105.0, 150.0), (65.0, 110.0)
"""What each finding adds to a clear lung, from least to most."""

# Rows and columns that show a finding wherever the patient stood, and clear lung to compare with.
_SHOWN = (
    ((slice(11, 13), slice(10, 13)), 60.0),
    ((slice(8, 9), slice(3, 5)), 50.0),
    ((slice(4, 7), slice(3, 5)), 32.0),
    ((slice(4, 7), slice(10, 12)), 32.0),
)
_CLEAR = ((slice(11, 12), slice(3, 5)), (slice(8, 9), slice(10, 13)))
_PIECE = 20_000

Codes = NDArray[np.int64]
Films = NDArray[np.uint8]


def films(attributes: Codes, generator: np.random.Generator) -> Films:
    """X given E, A and L.  Shape: (n, 3) of 0 and 1 -> (n, 1, 16, 16) bytes."""
    starts = range(0, max(len(attributes), 1), _PIECE)
    return np.concatenate([_rendered(attributes[start : start + _PIECE], generator) for start in starts])


def read(x: Films) -> Codes:
    """E, A and L as a picture shows them: by the levels of a few pixels.  Shape: (n, 1, 16, 16) -> (n, 3).

    >>> wanted = np.random.default_rng(0).integers(2, size=(500, 3))
    >>> float((read(films(wanted, np.random.default_rng(1))) == wanted).mean()) > 0.999
    True
    """
    gray = x[:, 0].astype(np.float64)
    clear = np.mean([gray[:, rows, columns].mean((1, 2)) for rows, columns in _CLEAR], axis=0)
    fluid, plate, left, right = (
        (gray[:, rows, columns].mean((1, 2)) - clear) / level for (rows, columns), level in _SHOWN
    )
    return np.stack([fluid > 1, plate > 1, left + right > 2], axis=1).astype(np.int64)


def _rendered(attributes: Codes, generator: np.random.Generator) -> Films:
    n = len(attributes)
    has = attributes.astype(np.float64)[:, :, None, None]
    fluid, plate, haze = (generator.uniform(*ends, (n, 1, 1)) for ends in (FLUID, PLATE, HAZE))
    down, across = generator.uniform(-0.6, 0.6, (2, n, 1, 1))
    wide, high = generator.uniform(2.6, 3.1, (n, 1, 1)), generator.uniform(5.0, 5.6, (n, 1, 1))
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    left, right = (
        np.clip((1.15 - np.hypot((x - middle - across) / wide, (y - 8.2 - down) / high)) / 0.25, 0, 1)
        for middle in (3.7, 11.3)
    )
    chest = np.clip((1.12 - np.hypot((x - 7.5 - across) / 8.2, (y - 8.2 - down) / 8.8)) / 0.2, 0, 1)
    gray = BODY * chest * (1 - np.maximum(left, right)) + CLEAR * np.maximum(left, right)
    gray += has[:, 0] * fluid * right * np.clip(y - 9.8 - down, 0, 1)
    gray += has[:, 1] * plate * left * np.exp(-(((y - 8.2 - down) / 1.1) ** 2))
    gray += has[:, 2] * haze * np.maximum(left, right) * np.clip(7.2 + down - y, 0, 1)
    gray += NOISE * generator.standard_normal(gray.shape)
    drawn: Films = gray.clip(0, 255).round().astype(np.uint8)[:, None]
    return drawn

"""Faces of 16 x 16 pixels with ten attributes, drawn from a structural model in which sex and age go together.

The attributes have CelebA's names (Liu et al. 2015) and about its shares among men and women. A face is drawn, shown as
a picture, and labelled by people: a hasty one takes more faces for men and fewer for young ones, which is the hidden
common cause of the labels Male and Young. What an image translator should make of a face is written down as well, so
that translators can be trained and judged whose behavior is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["ATTRIBUTES", "CAUSAL", "SIZE", "Faces", "drawn", "labels", "render", "turned"]

SIZE = 16

CAUSAL = ("Wearing_Lipstick", "Heavy_Makeup", "Arched_Eyebrows", "Wearing_Earrings", "No_Beard")
"""What follows from the sex that a person is given."""

ATTRIBUTES = (*CAUSAL, "Attractive", "Young", "Blond_Hair", "Smiling", "Eyeglasses")
"""These, and what merely goes together with sex in the data."""

YOUNG = ATTRIBUTES.index("Young")

Flags = NDArray[np.bool_]
Numbers = NDArray[np.float32]
Pictures = NDArray[np.uint8]

# P(attribute | sex, age), in the order of ATTRIBUTES: old and young women, old and young men.
_CHANCES = np.array(
    [
        [
            [0.60, 0.35, 0.45, 0.30, 1.00, 0.30, 0, 0.20, 0.55, 0.10],
            [0.85, 0.70, 0.45, 0.35, 1.00, 0.75, 1, 0.25, 0.55, 0.03],
        ],
        [
            [0.01, 0.01, 0.06, 0.02, 0.65, 0.10, 0, 0.03, 0.40, 0.20],
            [0.01, 0.01, 0.06, 0.02, 0.60, 0.40, 1, 0.03, 0.40, 0.10],
        ],
    ]
)
_MASCULINE, _YOUNG = 0.42, (0.88, 0.62)  #: P(masculine); P(young | feminine), P(young | masculine)
_HASTY = 0.35
# P(label Male | hasty, masculine) and P(label Young | hasty, young)
_SAYS_MALE, _SAYS_YOUNG = np.array([[0.02, 0.98], [0.30, 0.99]]), np.array([[0.04, 0.96], [0.02, 0.50]])

Boxes = Sequence[tuple[int, int, int, int]]
"""Rectangles of pixels: first row, last row, first column, last column."""

_HEAD: Boxes = ((2, 12, 3, 12), (13, 14, 4, 11), (15, 15, 6, 9))
_JAW: Boxes = ((13, 15, 3, 12),)
_HAIR: Boxes = ((0, 1, 3, 12), (2, 2, 2, 13), (3, 8, 2, 2), (3, 8, 13, 13))
_WRINKLES: Boxes = ((3, 3, 5, 10), (10, 11, 4, 4), (10, 11, 11, 11))
_BLEMISHES: Boxes = ((9, 9, 6, 6), (10, 10, 9, 9), (8, 8, 4, 4), (8, 8, 10, 10))
_FLAT, _ARCHED = ((5, 5, 4, 6), (5, 5, 9, 11)), ((5, 5, 4, 4), (4, 4, 5, 6), (4, 4, 9, 10), (5, 5, 11, 11))
_EYES: Boxes = ((7, 7, 5, 5), (7, 7, 10, 10))
_SHADOW, _BLUSH = ((6, 6, 4, 6), (6, 6, 9, 11)), ((9, 9, 3, 4), (9, 9, 11, 12))
_GLASSES: Boxes = ((6, 6, 4, 6), (8, 8, 4, 6), (6, 6, 9, 11), (8, 8, 9, 11), (7, 7, 7, 8), (7, 7, 3, 3), (7, 7, 12, 12))
_BEARD: Boxes = ((12, 14, 4, 11),)
_MOUTH, _NEUTRAL, _SMILE = ((12, 12, 6, 9),), ((12, 12, 5, 5), (12, 12, 10, 10)), ((11, 11, 5, 5), (11, 11, 10, 10))
_EARRINGS: Boxes = ((9, 10, 2, 2), (9, 10, 13, 13))


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces before they are shown.

    Shapes: masculine (n,), attributes (n, 10) in the order of `ATTRIBUTES`, look (n, 3) from 0 to 1 (tone of the skin,
    shade of the hair, background), grain (n, 3, 16, 16) noise of the camera.
    """

    masculine: Flags
    attributes: Flags
    look: Numbers
    grain: Numbers

    def __len__(self) -> int:
        return len(self.masculine)


def drawn(n: int, generator: np.random.Generator, *, independent: bool = False) -> Faces:
    """n faces of the structural model; `independent` ones have every attribute with probability 1/2, whatever the rest.

    >>> faces = drawn(1000, np.random.default_rng(0))
    >>> bool(faces.attributes[faces.masculine, 0].mean() < 0.05 < 0.5 < faces.attributes[~faces.masculine, 0].mean())
    True
    """
    masculine = generator.random(n) < _MASCULINE
    noise = generator.random((n, len(ATTRIBUTES)))
    attributes = noise < 0.5 if independent else _attributes(masculine, _ages(masculine, noise), noise)
    look = generator.random((n, 3)).astype(np.float32)
    grain = 0.03 * generator.standard_normal((n, 3, SIZE, SIZE), dtype=np.float32)
    return Faces(masculine, attributes, look, grain)


def labels(faces: Faces, generator: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """What people say of the faces: Male and Young, 0 or 1.  Shape of each: (n,)."""
    n = len(faces)
    hasty = (generator.random(n) < _HASTY).astype(np.int64)
    male = generator.random(n) < _SAYS_MALE[hasty, faces.masculine.astype(np.int64)]
    young = generator.random(n) < _SAYS_YOUNG[hasty, faces.attributes[:, YOUNG].astype(np.int64)]
    return {"Male": male.astype(np.int64), "Young": young.astype(np.int64)}


def turned(faces: Faces, male: Flags, young: Flags, noise: NDArray[np.floating], *, spurious: bool) -> Faces:
    """The faces with the sex `male`; those who have it stay as they are.

    What follows from sex is drawn anew, for somebody of the age that the label `young` says. `spurious`: all of the
    person is, as somebody of that sex in the data. Shapes: male, young (n,); noise (n, 10), uniform from 0 to 1.
    """
    other = (faces.masculine != male)[:, None]
    if spurious:
        new = _attributes(male, _ages(male, noise), noise)
    else:
        new = faces.attributes.copy()
        new[:, : len(CAUSAL)] = _attributes(male, young, noise)[:, : len(CAUSAL)]
    return replace(faces, masculine=male, attributes=np.where(other, new, faces.attributes))


def render(faces: Faces) -> Pictures:
    """The faces as pictures.  Shape: (n, 3, 16, 16)."""
    has = dict(zip(ATTRIBUTES, faces.attributes.T, strict=True))
    n, (tone, shade, back) = len(faces), faces.look.T
    skin = (0.55 + 0.4 * tone)[:, None] * np.array([1.0, 0.8, 0.65])
    brown, blond = (0.1 + 0.25 * shade)[:, None] * [1.2, 0.9, 0.7], (0.8 + 0.15 * shade)[:, None] * [1.0, 0.85, 0.4]
    hair = np.where(has["Blond_Hair"][:, None], blond, brown)
    every = np.ones(n, dtype=bool)
    canvas = np.empty((n, 3, SIZE, SIZE), dtype=np.float32)
    canvas[...] = (0.2 + 0.6 * back)[:, None, None, None] * np.array([0.8, 0.9, 1.0])[None, :, None, None]
    layers: Sequence[tuple[Boxes, NDArray[np.floating], Flags]] = (
        (_HEAD, skin, every),
        (_JAW, skin, faces.masculine),
        (_HAIR, hair, every),
        (_WRINKLES, 0.65 * skin, ~has["Young"]),
        (_BLEMISHES, skin * [0.85, 0.5, 0.5], ~has["Attractive"]),
        (_FLAT, 0.5 * brown, ~has["Arched_Eyebrows"]),
        (_ARCHED, 0.5 * brown, has["Arched_Eyebrows"]),
        (_EYES, np.full((n, 3), 0.08), every),
        (_SHADOW, _color(n, 0.55, 0.2, 0.65), has["Heavy_Makeup"]),
        (_BLUSH, _color(n, 0.95, 0.4, 0.5), has["Heavy_Makeup"]),
        (_GLASSES, _color(n, 0.05, 0.05, 0.1), has["Eyeglasses"]),
        (_BEARD, 0.8 * brown, ~has["No_Beard"]),
        (_MOUTH, skin * [0.8, 0.55, 0.55], ~has["Wearing_Lipstick"]),
        (_MOUTH, _color(n, 0.85, 0.05, 0.15), has["Wearing_Lipstick"]),
        (_SMILE, _color(n, 0.95, 0.95, 0.95), has["Smiling"]),
        (_NEUTRAL, 0.6 * skin, ~has["Smiling"]),
        (_EARRINGS, _color(n, 1.0, 0.85, 0.1), has["Wearing_Earrings"]),
    )
    for boxes, color, where in layers:
        for top, bottom, left, right in boxes:
            part = canvas[where, :, top : bottom + 1, left : right + 1]
            canvas[where, :, top : bottom + 1, left : right + 1] = np.broadcast_to(
                color[where][:, :, None, None], part.shape
            )
    pictures: Pictures = np.clip((canvas + faces.grain) * 255, 0, 255).round().astype(np.uint8)
    return pictures


def _ages(masculine: Flags, noise: NDArray[np.floating]) -> Flags:
    return np.asarray(noise[:, YOUNG] < np.asarray(_YOUNG)[masculine.astype(np.int64)])


def _attributes(masculine: Flags, young: Flags, noise: NDArray[np.floating]) -> Flags:
    """Every attribute of somebody of a sex and an age.  Shape: (n, 10)."""
    return np.asarray(noise < _CHANCES[masculine.astype(np.int64), young.astype(np.int64)])


def _color(n: int, *rgb: float) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(rgb), (n, 3))

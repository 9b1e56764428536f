"""Images: pictures of one size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, Pictures, as_numpy
from idgen_compiler.data.column import Column
from idgen_compiler.data.images import image_column, one_image
from idgen_compiler.data.kinds.kind import Atom
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError

__all__ = ["Image"]

MOST_BYTES = 2**28
"""One picture may have so many (256 MiB), of which no model draws one."""


@register
@dataclass(frozen=True, slots=True)
class Image(Atom):
    """A picture of bytes; values are arrays (channels, height, width), read from whatever `data.images` can.

    >>> Image(3, 16, 16).shape
    (3, 16, 16)
    """

    word: ClassVar[str] = "image"
    rank: ClassVar[int] = 10
    of_pictures: ClassVar[bool] = True

    channels: int
    height: int
    width: int

    def __post_init__(self) -> None:
        if self.channels not in (1, 3, 4) or self.height < 1 or self.width < 1:
            raise DataError(f"an image has 1, 3 or 4 channels and at least one pixel, not {self.shape!r:.80}")
        if self.channels * self.height * self.width > MOST_BYTES:
            raise DataError(f"an image of {self.shape!r:.80} has more than {MOST_BYTES} bytes; make it smaller")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        return self.channels, self.height, self.width

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return None if column.pictures is None else cls(*column.pictures.shape[1:])

    @classmethod
    def of(cls, column: Column) -> Self:
        found = cls.infer(column)
        if found is None:
            values = column.values
            raise DataError(
                f"column {column.name} holds no images that can be read: {values.dtype} of shape {values.shape}"
            )
        return found

    def confirm(self, column: Column) -> Self:
        found = self.of(column)
        if self != found:
            raise DataError(f"column {column.name} holds images of {found.shape}, not {self}; leave it out of types")
        return found

    def numbers(self, column: Column) -> Pictures:
        """The pictures, where they lie.  Shape: (rows, channels, height, width) uint8."""
        pictures: Pictures = column.content
        return pictures

    def encode(self, column: Column, generator: np.random.Generator) -> Pictures:
        """The pictures, where they lie: in memory or in a file."""
        return self.numbers(column)

    def read(self, name: str, text: str) -> Path:
        """The file that is named."""
        return Path(text)

    def check_one(self, setting: Setting, value: Any) -> Array:
        """One image, or one for each sample.  Shape: (1 or n, channels, height, width) uint8."""
        what = f"{setting} is no image of {setting.name}, which has the shape {self.shape}"
        value = as_numpy(value)
        if hasattr(value, "to_numpy"):  # a column of a table
            value = value.to_numpy()
        axes = getattr(value, "ndim", 0)
        several = isinstance(value, list | tuple) or axes == 4
        several = several or (isinstance(value, np.ndarray) and value.dtype == object)
        if axes == 3 and self.channels == 1:  # gray images without their axis of channels, or one with it
            several = tuple(value.shape[1:]) == self.shape[1:] and len(value) == setting.n
        try:
            pictures = image_column(str(setting), value) if several else one_image(str(setting), value)[None]
        except DataError as error:
            raise DataError(f"{what}: {error}") from None
        if pictures.shape[1:] != self.shape or len(pictures) not in (1, setting.n):
            raise DataError(f"{what}; give one, or one for each of the {setting.n} samples, not {pictures.shape}")
        return np.array(pictures)

    def wanted(self, n: int) -> str:
        return f"bytes from 0 to 255, or floats from 0 to 1, of shape {(n, *self.shape)}"

    def mended(self, values: Array) -> str:
        if values.shape[1:] != self.shape:
            return "return one picture for each row, channels first"
        if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
            return "return finite numbers in one of these ranges"
        low, high = float(values.min()), float(values.max())
        if values.dtype.kind == "f" and low >= -1 and high <= 1:
            return "return (x + 1) / 2, if these run from -1 to 1"
        if values.dtype.kind == "f" and low >= 0 and high <= 255:
            return "divide by 255, or return them rounded to bytes (uint8)"
        return "return finite numbers in one of these ranges"

    def decode_one(self, part: Array, out: Array) -> None:
        out[...] = part

    def describe(self, value: Any) -> str:
        return "one image"

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(np.uint8)

    @property
    def entries(self) -> tuple[int, ...]:
        return self.shape

    def part(self, name: str) -> Part:
        return Part(name, dim=self.channels * self.height * self.width, shape=self.shape)

    @property
    def spread(self) -> None:
        """None: evenly drawn pixels are noise."""
        return None

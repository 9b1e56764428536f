"""Pictures as PNG, with whatever has to be said of them inside."""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, IdgenError

__all__ = ["are_pictures", "png", "read_picture"]

_DATA_URL = re.compile(r"data:image/[\w.+-]+;base64,")

MOST_PIXELS = 2**24
"""No picture that is sent has more."""


def are_pictures(values: Array) -> bool:
    """Whether a column holds pictures: bytes of shape (rows, channels, height, width)."""
    return values.ndim == 4 and values.dtype == np.uint8


def png(picture: Array, warnings: Sequence[str] = ()) -> bytes:
    """One picture as PNG; warnings stand in its text chunk `Warnings`, as JSON.

    Shape: (channels, height, width) uint8. Raises IdgenError where pillow is not installed.
    """
    image, info = _pillow()
    pixels = picture[0] if len(picture) == 1 else np.moveaxis(picture, 0, -1)
    notes = info()
    if warnings:
        notes.add_itxt("Warnings", json.dumps(list(warnings)))
    file = io.BytesIO()
    image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", compress_level=1, pnginfo=notes)
    return file.getvalue()


def read_picture(where: str, text: str) -> Any:
    """The picture that a client sent: an encoded file in base64, perhaps as a data URL. No file is ever read.

    Raises DataError for any other text, and for what is no picture.

    >>> read_picture("do(I=...)", "/etc/passwd")
    Traceback (most recent call last):
    idgen_compiler.errors.DataError: do(I=...) is no picture in base64; send the bytes of a PNG or JPEG file so encoded
    """
    image, _ = _pillow()
    plain = _DATA_URL.sub("", text, count=1)
    try:
        found = image.open(io.BytesIO(base64.b64decode(plain, validate=True)), formats=("PNG", "JPEG", "BMP", "WEBP"))
        if found.width * found.height > MOST_PIXELS:
            raise DataError(f"{where} is a picture of {found.width} x {found.height} pixels; send a smaller one")
        found.load()
    except (binascii.Error, ValueError, OSError, SyntaxError, image.DecompressionBombError):
        raise DataError(f"{where} is no picture in base64; send the bytes of a PNG or JPEG file so encoded") from None
    return found


def _pillow() -> tuple[Any, Any]:
    try:
        from PIL import Image
        from PIL.PngImagePlugin import PngInfo
    except ImportError:
        raise IdgenError("pictures need pillow; install it with: pip install 'idgen-compiler[images]'") from None
    return Image, PngInfo

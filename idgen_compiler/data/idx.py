"""Files in the idx format, in which MNIST and its relatives are published."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.errors import DataError

__all__ = ["read_idx"]

_BYTES = 0x08
"""The type code of unsigned bytes, the only one that images and labels use."""


def read_idx(path: str | Path) -> NDArray[np.uint8]:
    """The array of bytes in an idx file, gzipped or not.  Shape: as the file says, (images, height, width) for images.

    Two zero bytes, a type code, the number of axes, the length of each axis as a big-endian 32-bit integer, the data.
    Source: LeCun, Cortes and Burges, "The MNIST database", file format.  Raises DataError naming the file.
    """
    place = Path(path)
    try:
        content = place.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except OSError as error:  # a broken gzip stream is one too
        raise DataError(f"{place} cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error) as error:
        raise DataError(f"{place} is no whole gzip file ({error}); fetch it again") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _BYTES:
        raise DataError(f"{place} is no idx file of bytes; it begins with {content[:4].hex(' ') or 'nothing'}")
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataError(f"{place} ends within its header of {start} bytes; fetch it again")
    shape = struct.unpack_from(f">{axes}I", content, 4)
    if len(content) - start != math.prod(shape):
        raise DataError(f"{place} holds {len(content) - start} bytes, its header says {shape}; fetch it again")
    try:
        return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
    except ValueError:  # an array of nothing, but of more axes or longer ones than an array can have
        raise DataError(f"{place} holds no array: its header says {shape}; fetch it again") from None

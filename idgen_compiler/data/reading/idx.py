"""Files in the idx format, in which MNIST and its relatives are published."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.reading.bounded import check_size, unfolded
from idgen_compiler.errors import DataError

__all__ = ["read_idx"]

_BYTES = 0x08
"""The type code of unsigned bytes, the only one that images and labels use."""


def read_idx(path: str | Path, limit: int | None = None) -> NDArray[np.uint8]:
    """The array of bytes in an idx file, gzipped or not.  Shape: as the file says, (images, height, width) for images.

    Two zero bytes, a type code, the number of axes, the length of each axis as a big-endian 32-bit integer, the data.
    Source: LeCun, Cortes and Burges, "The MNIST database", file format. A gzipped file may unfold into `limit` bytes
    (see `data.reading.options`); what its header says is compared before the data are read.
    Raises DataError naming the file.
    """
    place = Path(path)
    try:
        with unfolded(place, limit) as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _BYTES:
                raise DataError(f"{place} is no idx file of bytes; it begins with {head.hex(' ') or 'nothing'}")
            start = 4 + 4 * head[3]
            lengths = file.read(4 * head[3])
            if len(lengths) < start - 4:
                raise DataError(f"{place} ends within its header of {start} bytes; fetch it again")
            shape = struct.unpack(f">{head[3]}I", lengths)
            size = math.prod(shape)
            check_size(place, start + size, limit)
            content = file.read(size + 1)
            held = len(content) if len(content) <= size else f"more than {size}"
    except OSError as error:
        raise DataError(f"{place} cannot be read: {error.strerror or error}") from None
    if len(content) != size:
        raise DataError(f"{place} holds {held} bytes, its header says {shape}; fetch it again")
    try:
        return np.frombuffer(content, dtype=np.uint8).reshape(shape)
    except ValueError:  # an array of nothing, but of more axes or longer ones than an array can have
        raise DataError(f"{place} holds no array: its header says {shape}; fetch it again") from None

"""How much memory a table may take, and room in files for what would take more."""

from __future__ import annotations

import math
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError

__all__ = ["A_VALUE", "budget", "bytes_of", "room"]

A_VALUE = 32
"""Bytes that a value takes at most while a table is read into memory and fitted (measured)."""

SHARE = 4
"""Without a word of the caller's, a table may take a quarter of the memory that is free."""

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SAID = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.IGNORECASE | re.ASCII)
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_USED = ("/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory/memory.usage_in_bytes")


def bytes_of(said: Any) -> int:
    """A number of bytes, as somebody says it.  Raises DataError for what is none.

    >>> bytes_of("2GB"), bytes_of("512 MiB"), bytes_of(10**6)
    (2000000000, 536870912, 1000000)
    """
    if isinstance(said, int) and not isinstance(said, bool) and said > 0:
        return said
    found = _SAID.fullmatch(said) if isinstance(said, str) else None
    unit = _UNITS.get(found[2].upper().removesuffix("B") + "B" if found[2] else "") if found else None
    if found is None or (unit is None and found[2].upper() != "B") or not float(found[1]) > 0:
        raise DataError(f"memory is {said!r:.40}; give bytes, or a text such as '2GB' or '512MB'")
    return max(1, int(float(found[1]) * (unit or 1)))


def budget(said: Any) -> int:
    """How many bytes a table may take: as somebody says, or a quarter of the memory that is free now."""
    return bytes_of(said) if said is not None else max(2**20, _free() // SHARE)


def room(shape: Sequence[int], dtype: Any, most: int) -> Array:
    """An array of zeros: in memory up to so many bytes, and beyond them in a file that vanishes with the array.

    Raises DataError where the disk has no room for it.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= most:
        return np.zeros(tuple(shape), dtype)
    if size > shutil.disk_usage(tempfile.gettempdir()).free:
        raise DataError(
            f"columns of this table take {size:,} bytes beyond memory, more than is free in {tempfile.gettempdir()}; "
            "set TMPDIR to a larger disk, or give fewer rows"
        )
    with tempfile.TemporaryFile(prefix="idgen-columns-") as file:
        return np.memmap(file, dtype=dtype, mode="w+", shape=tuple(shape))


def _free() -> int:
    """Bytes of memory that this process can still take, by the system and by what its container allows."""
    found = [_of_machine()]
    for limit, used in zip(_LIMITS, _USED, strict=True):
        most, now = _number(limit), _number(used)
        if most is not None and now is not None:
            found.append(max(0, most - now))
    return min(found)


def _of_machine() -> int:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return 2**32


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):  # no such file, or "max"
        return None

"""Bytes of files that may be compressed, and never more of them than are asked for."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from idgen_compiler.errors import DataError

__all__ = ["check_size", "limit_of", "unfolded"]

LEAST_LIMIT, RATIO = 2**30, 100
"""A file may unfold into 1 GiB, or a hundred times its own size: tables and pictures shrink to a tenth, not more."""

_GZIP = b"\x1f\x8b"
_PIECE = 2**16


def limit_of(path: Path, limit: int | None) -> int:
    """How many bytes a file may unfold into."""
    return limit if limit is not None else max(LEAST_LIMIT, RATIO * path.stat().st_size)


def check_size(path: Path, size: int, limit: int | None) -> None:
    """Raise DataError for a file that unfolds into more bytes than it may."""
    most = limit_of(path, limit)
    if size > most:
        raise DataError(
            f"{path} unfolds into {_told(size)}, more than {_told(most)}; if you trust it, say size_limit={size}"
        )


@contextmanager
def unfolded(path: Path, limit: int | None = None) -> Iterator[BinaryIO]:
    """The bytes of a file, gzipped or not, by its first bytes.

    Raises DataError for what is no regular file or no whole gzip file, and while reading once more than the limit
    comes out; OSError where the file cannot be opened.
    """
    if path.exists() and not path.is_file():
        raise DataError(f"{path} is no regular file; give the path of a file")
    with path.open("rb") as file:
        folded = file.read(2) == _GZIP
        file.seek(0)
        if not folded:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as inner:
            yield io.BufferedReader(_Bounded(inner, path, limit_of(path, limit)), _PIECE)


class _Bounded(io.RawIOBase):
    """What a gzip file unfolds into, up to a limit."""

    def __init__(self, inner: gzip.GzipFile, path: Path, limit: int) -> None:
        self._inner, self._path, self._limit, self._read = inner, path, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        room = memoryview(buffer)  # type: ignore[arg-type]
        try:
            piece = self._inner.read(len(room))
        except (EOFError, zlib.error, OSError) as error:
            raise DataError(
                f"{self._path} cannot be read: it is no whole gzip file ({error}); fetch it again"
            ) from None
        self._read += len(piece)
        if self._read > self._limit:
            raise DataError(
                f"{self._path} unfolds into more than {_told(self._limit)}; if you trust it, say "
                f"size_limit={4 * self._limit}, or as many bytes as it may have"
            )
        room[: len(piece)] = piece
        return len(piece)


def _told(size: int) -> str:
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"

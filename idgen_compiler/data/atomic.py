"""Files that are whole or absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole_or_absent", "write_atomically"]


@contextmanager
def whole_or_absent(path: Path) -> Iterator[Path]:
    """Another path to write to, which takes the place of `path` at the end."""
    partial = path.with_name(path.name + ".partial")
    yield partial
    os.replace(partial, path)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is either whole or absent."""
    with whole_or_absent(path) as partial:
        partial.write_bytes(content)

"""What the installed packages say of themselves, read once for as long as nothing is installed or removed.

Reading it anew costs tens of milliseconds where many packages are, which a small fit would spend several times.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path

__all__ = ["entry_points", "version"]

_Folders = tuple[tuple[str, int], ...]


def entry_points(group: str) -> tuple[EntryPoint, ...]:
    """The entry points of a group, of all packages.

    >>> "exact" in [point.name for point in entry_points("idgen_compiler.backends")]
    True
    """
    return _points(group, _folders())


def version(package: str) -> str | None:
    """The version of an installed package; None where it is not installed.

    >>> version("no-such-package") is None
    True
    """
    return _version(package, _folders())


def _folders() -> _Folders:
    """Where packages are looked for, and when something was last put there or taken away."""
    return tuple((path, _changed(path)) for path in sys.path)


def _changed(path: str) -> int:
    try:
        return Path(path or ".").stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _points(group: str, _: _Folders) -> tuple[EntryPoint, ...]:
    return tuple(metadata.entry_points(group=group))


@lru_cache(maxsize=256)
def _version(package: str, _: _Folders) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None

"""The sampler that a server holds, which follows its folder: who saves there anew is served from then on."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.hinge.backend import Sampler
from idgen_compiler.hinge.saved import HEADER, read_header
from idgen_compiler.serving.drawing.together import Together

__all__ = ["Held", "Loaded"]

_TRIES = 100


@dataclass(frozen=True, eq=False)
class Loaded:
    """A sampler as it was loaded: `version` names what was saved, `backend` who reads it."""

    sampler: Sampler
    version: str
    backend: str
    at: float = field(default_factory=time.time)  #: seconds since 1970

    together: Together = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "together", Together(self.sampler))


class Held:
    """A saved sampler in memory; `look` loads it again where its folder has changed.

    `load` reads it. A folder that cannot be read leaves the old sampler in its place, and `error` says why.
    Raises IdgenError, as `load` does, where there is nothing to begin with.
    """

    def __init__(self, folder: Path, load: Callable[[Path], Sampler]) -> None:
        self.folder, self._load = folder, load
        self.error = ""
        self.reads = self.reloads = 0  #: how often the folder was read, and was another sampler
        self._lock = threading.Lock()
        self._seen, self.current = self._read()

    def look(self) -> bool:
        """Load the folder again if it has changed.  Gives whether another sampler is there."""
        with self._lock:
            if _state(self.folder) == self._seen:
                return False
            try:
                seen, loaded = self._read()
            except (IdgenError, OSError) as error:  # the next look tries again
                self.error = str(error)
                return False
            self.error, self._seen = "", seen
            if loaded.version == self.current.version:
                return False
            self.current = loaded
            self.reloads += 1
            return True

    def _read(self) -> tuple[Any, Loaded]:
        """The sampler with the state of the folder that it was read from."""
        found: Loaded | None = None
        for _ in range(_TRIES):
            before = _state(self.folder)
            self.reads += 1
            try:
                sampler = self._load(self.folder)
                found = Loaded(sampler, _version(self.folder), str(read_header(self.folder)["backend"]))
            except (IdgenError, OSError):
                if before == _state(self.folder):
                    raise
                continue
            if before == _state(self.folder):
                return before, found
        if found is None:
            raise DataError(f"{self.folder} changes all the time and is never whole; stop what writes there")
        return None, found  # whole all the same; the next look reads again


def _state(folder: Path) -> Any:
    """What tells one saved sampler from the next: the folder itself, and what its files are."""
    try:
        files = sorted((entry.name, entry.stat().st_ino, entry.stat().st_mtime_ns, entry.stat().st_size)
                       for entry in os.scandir(folder))  # fmt: skip
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, tuple(files)


def _version(folder: Path) -> str:
    """A short name of what is in a folder: equal files have equal names."""
    digest = hashlib.sha256((folder / HEADER).read_bytes())
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.name != HEADER:
            with file.open("rb") as opened:
                digest.update(file.name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:12]

"""Files of a store by name, and those in a folder of this machine.

A name is a path below the store, with `/` between its parts. What is written is whole or absent.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from idgen_compiler.data.atomic import read_regular, sweep, whole_or_absent, write_atomically
from idgen_compiler.errors import DataError

__all__ = ["MOST", "Files", "Folder", "beside"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""Why nothing more can be written."""

MOST = 2**26
"""No record of a store has more bytes (64 MiB)."""


class Files(Protocol):
    """Files by name. What is missing raises FileNotFoundError, what cannot be written DataError."""

    @property
    def where(self) -> str:
        """The folder or URL, as its user has it."""
        ...

    def read(self, name: str) -> bytes:
        """What a small file holds."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Let a file hold this, whole or not at all."""
        ...

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that nobody else has written; False where one is there."""
        ...

    def put(self, path: Path, name: str) -> None:
        """Copy a file of this machine, which may be large, and leave it to no loss of power."""
        ...

    def folder(self, name: str, files: Sequence[str]) -> Any:
        """A context: a folder of this machine that holds these files of a folder here, to be read only.

        What is not there is left out.
        """
        ...

    def names(self, folder: str) -> list[str]:
        """What is right in a folder, sorted; nothing where there is none."""
        ...

    def size(self, name: str) -> int:
        """How many bytes a file has."""
        ...

    def used(self, name: str) -> float:
        """When a file was last written or touched, in seconds since 1970, by the clock of the place."""
        ...

    def now(self) -> float:
        """What the clock of the place says, which may be another than this machine's."""
        ...

    @property
    def late(self) -> tuple[float, ...]:
        """Seconds to wait in turns for what somebody has written and cannot be seen yet; none where all is seen."""
        ...

    def touch(self, name: str) -> None:
        """Say that a file was used just now, where the place can hold that."""
        ...

    def remove(self, name: str) -> None:
        """Delete a file, or a folder with all that is in it; nothing happens where there is none."""
        ...


@dataclass(frozen=True)
class Folder:
    """A folder of this machine, or one that several machines have mounted."""

    path: Path

    @property
    def where(self) -> str:
        """Its path."""
        return str(self.path)

    def read(self, name: str) -> bytes:
        """See `Files`."""
        return read_regular(self.path / name, MOST)

    def write(self, name: str, content: bytes) -> None:
        """See `Files`."""
        write_atomically(self.path / name, content)

    def create(self, name: str, content: bytes) -> bool:
        """See `Files`: a file that is whole is linked to its name, which one alone can do."""
        target = self.path / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            return _linked(target, content)
        except OSError as error:
            raise DataError(
                f"{target} cannot be written ({error.strerror or error}); make room, or choose another store"
            ) from error

    def put(self, path: Path, name: str) -> None:
        """See `Files`."""
        with whole_or_absent(self.path / name) as partial:
            shutil.copyfile(path, partial)
            with partial.open("rb") as file:
                os.fsync(file.fileno())

    @contextmanager
    def folder(self, name: str, files: Sequence[str]) -> Iterator[Path]:
        """See `Files`: the folder itself."""
        yield self.path / name

    def names(self, folder: str) -> list[str]:
        """See `Files`."""
        try:
            return sorted(name for name in os.listdir(self.path / folder) if not name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def size(self, name: str) -> int:
        """See `Files`."""
        return (self.path / name).stat().st_size

    def used(self, name: str) -> float:
        """See `Files`."""
        return (self.path / name).stat().st_mtime

    def now(self) -> float:
        """See `Files`: the server of a mounted folder stamps files by its own clock."""
        try:
            with tempfile.TemporaryFile(dir=self.path) as file:
                file.write(b"now")
                file.flush()
                return os.fstat(file.fileno()).st_mtime
        except OSError:  # somebody else's store may be read alone
            return time.time()

    @property
    def late(self) -> tuple[float, ...]:
        """See `Files`."""
        return ()

    def touch(self, name: str) -> None:
        """See `Files`."""
        with suppress(OSError):  # somebody else's store may be read alone
            os.utime(self.path / name)

    def remove(self, name: str) -> None:
        """See `Files`."""
        path = self.path / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def tidy(self, name: str) -> None:
        """Delete folders of a folder that hold nothing but what writers that were killed had half written."""
        for each in self.names(name):
            folder = self.path / name / each
            sweep(folder)
            with suppress(OSError):  # one that holds something whole
                folder.rmdir()


def beside(files: Files, header: str) -> list[str]:
    """What lies in a place beside a header; nothing where the header is seen a little later."""
    for pause in (*files.late, None):
        if not (found := [name for name in files.names("") if name != header]) or pause is None:
            return found
        time.sleep(pause)
        try:
            files.read(header)
            return []
        except FileNotFoundError:
            continue
    return []


def _linked(target: Path, content: bytes) -> bool:
    """Whether a file was made, whole, where there was none."""
    descriptor, made = tempfile.mkstemp(prefix=".", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        try:
            os.link(made, target)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno in _FULL:
                raise
            return _exclusively(target, content)  # a file system without links
    finally:
        os.unlink(made)
    return True


def _exclusively(target: Path, content: bytes) -> bool:
    try:
        file = target.open("xb")
    except FileExistsError:
        return False
    try:
        with file:
            file.write(content)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return True

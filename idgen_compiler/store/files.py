"""Where a store lies: a folder of this machine, or a URL that fsspec knows.

A name is a path below the store, with `/` between its parts. What is written is whole or absent.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from idgen_compiler.data.atomic import check_room, read_regular, whole_or_absent, write_atomically
from idgen_compiler.errors import DataError

__all__ = ["Folder", "Files", "Remote", "files_of"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""Why nothing more can be written."""

_LATE = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 6.4)
"""How long a URL is asked again for what should be there, in seconds."""

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


@dataclass(frozen=True)
class Remote:
    """A URL of fsspec, such as `s3://bucket/store`; a file appears there once it is whole."""

    url: str
    system: Any = field(repr=False)
    root: str = field(repr=False)

    @property
    def where(self) -> str:
        """Its URL."""
        return self.url

    def _at(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def read(self, name: str) -> bytes:
        """See `Files`."""
        content: bytes = self.system.cat_file(self._at(name), end=MOST + 1)
        if len(content) > MOST:
            raise OSError(f"it has more than {MOST} bytes")
        return content

    def write(self, name: str, content: bytes) -> None:
        """See `Files`."""
        with self._told(name):
            self.system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
            self.system.pipe_file(self._at(name), content)

    def create(self, name: str, content: bytes) -> bool:
        """See `Files`: systems that cannot refuse a second writer are asked whether there was a first."""
        with self._told(name):
            self.system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
            self.system.invalidate_cache()
            if self.system.exists(self._at(name)):
                return False
            try:
                self.system.pipe_file(self._at(name), content, mode="create")
            except FileExistsError:
                return False
            except (NotImplementedError, TypeError, ValueError):  # which do not know the mode
                self.system.pipe_file(self._at(name), content)
            self.system.invalidate_cache()
        try:
            return self.read(name) == content
        except FileNotFoundError:  # it is not to be seen yet
            return True

    def put(self, path: Path, name: str) -> None:
        """See `Files`."""
        with self._told(name):
            self.system.makedirs(self._at(name).rpartition("/")[0], exist_ok=True)
            self.system.put_file(str(path), self._at(name))

    @contextmanager
    def folder(self, name: str, files: Sequence[str]) -> Iterator[Path]:
        """See `Files`: a copy, gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="idgen-store-") as scratch:
            for each in files:
                with suppress(FileNotFoundError):
                    self.system.get_file(f"{self._at(name)}/{each}", f"{scratch}/{each}")
            yield Path(scratch)

    def names(self, folder: str) -> list[str]:
        """See `Files`."""
        self.system.invalidate_cache()
        try:
            found = self.system.ls(self._at(folder), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        names = {str(path).rstrip("/").rpartition("/")[2] for path in found}
        return sorted(name for name in names if name and not name.startswith("."))

    def size(self, name: str) -> int:
        """See `Files`."""
        return int(self.system.size(self._at(name)) or 0)

    def used(self, name: str) -> float:
        """See `Files`; now where the system does not say."""
        try:
            return float(self.system.modified(self._at(name)).timestamp())
        except NotImplementedError:
            return time.time()

    def now(self) -> float:
        """See `Files`."""
        name = f"clock-{uuid.uuid4().hex}"
        try:
            self.write(name, b"now")
            return self.used(name)
        except (DataError, OSError):  # somebody else's store may be read alone, and a file may be seen late
            return time.time()
        finally:
            with suppress(OSError):
                self.remove(name)

    @property
    def late(self) -> tuple[float, ...]:
        """See `Files`: twenty seconds in all, since what a place lists may be older than what it holds."""
        return _LATE

    def touch(self, name: str) -> None:
        """Nothing: such places tell when a file was written alone."""

    def remove(self, name: str) -> None:
        """See `Files`."""
        with suppress(FileNotFoundError):
            self.system.rm(self._at(name), recursive=self.system.isdir(self._at(name)))

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(f"{self.url}/{name} cannot be written ({error}); choose another store") from error


def files_of(where: str | os.PathLike[str]) -> Files:
    """The place of a path, or of a URL with `://`, which has to be writable.

    Raises DataError for what is neither, for a folder that cannot be written, and for a URL of a system that is not
    installed.
    """
    if not isinstance(where, str | os.PathLike) or not os.fspath(where):
        raise DataError(f"store is {where!r:.80}; give a folder, or a URL such as s3://bucket/store")
    text = os.fspath(where)
    protocol, parted, rest = text.partition("://")
    if parted and protocol not in ("file", "local"):
        return _remote(text)
    path = Path(rest if parted else text).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"store={text!r} cannot be made a folder ({error.strerror}); choose another") from None
    check_room(path / "trial")
    return Folder(path)


def _remote(url: str) -> Remote:
    try:
        import fsspec
    except ImportError:
        raise DataError(f"store={url!r} is a URL, which fsspec reads; install fsspec, or give a folder") from None
    try:
        system, root = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise DataError(f"store={url!r} cannot be opened ({error}); install what it names, or give a folder") from None
    return Remote(url.rstrip("/"), system, root.rstrip("/"))

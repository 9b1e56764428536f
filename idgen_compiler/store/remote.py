"""Files of a store at a URL that fsspec knows."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.store.files import MOST

__all__ = ["Remote"]

_LATE = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 6.4)
"""How long a URL is asked again for what should be there, in seconds."""


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

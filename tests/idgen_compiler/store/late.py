"""An object store whose writes and deletions others see late, for tests: `late://`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem, register_implementation

__all__ = ["Late"]


class Late(AbstractFileSystem):  # type: ignore[misc]
    """Objects by path, each whole; whatever was done within the last `lag` seconds is not to be seen.

    Every call takes `slow` seconds. `ahead` is how many seconds its clock is ahead of this machine's.
    """

    protocol = "late"
    cachable = False
    lag, slow, ahead = 0.0, 0.0, 0.0
    done: dict[str, list[tuple[float, bytes | None]]] = {}

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(path).removeprefix("late://").strip("/")

    def _seen(self, path: str) -> tuple[float, bytes] | None:
        time.sleep(self.slow)
        told = self.done.get(self._strip_protocol(path), [])
        found = next(((when, content) for when, content in reversed(told) if when <= time.time() - self.lag), None)
        return None if found is None or found[1] is None else (found[0], found[1])

    def _do(self, path: str, content: bytes | None) -> None:
        time.sleep(self.slow)
        self.done.setdefault(self._strip_protocol(path), []).append((time.time(), content))

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        found = self._seen(path)
        if found is None:
            raise FileNotFoundError(path)
        return found[1][start:end]

    def pipe_file(self, path: str, value: bytes, **options: Any) -> None:
        if options:
            raise NotImplementedError
        self._do(path, value)

    def put_file(self, lpath: str, rpath: str, **_: Any) -> None:
        self._do(rpath, Path(lpath).read_bytes())

    def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        Path(lpath).write_bytes(self.cat_file(rpath))

    def exists(self, path: str, **_: Any) -> bool:
        return self._seen(path) is not None or self.isdir(path)

    def isdir(self, path: str) -> bool:
        return bool(self.ls(path, detail=False)) and self._seen(path) is None

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        start = self._strip_protocol(path) + "/"
        there = [name for name in list(self.done) if name.startswith(start) and self._seen(name)]
        return sorted({start + name.removeprefix(start).partition("/")[0] for name in there})

    def modified(self, path: str) -> datetime:
        found = self._seen(path)
        if found is None:
            raise FileNotFoundError(path)
        return datetime.fromtimestamp(found[0] + self.ahead, UTC)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        pass

    def rm(self, path: str, recursive: bool = False, **_: Any) -> None:
        own = self._strip_protocol(path)
        for name in list(self.done):
            if name == own or (recursive and name.startswith(own + "/")):
                self._do(name, None)


register_implementation("late", Late, clobber=True)

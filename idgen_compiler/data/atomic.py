"""Files and folders that are whole or absent, whoever writes at the same time and whatever is killed.

What is not whole yet stands in a scratch folder beside its place. The process that makes one holds a lock on it, so
that those of dead processes are known, and swept by whoever writes there next.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from idgen_compiler.errors import DataError

if sys.platform != "win32":
    import fcntl

__all__ = [
    "check_regular",
    "check_room",
    "followed",
    "read_regular",
    "read_steadily",
    "sweep",
    "whole_folder",
    "whole_or_absent",
    "write_atomically",
]

T = TypeVar("T")

SCRATCH = ".idgen-scratch-"
"""How the names of scratch folders begin."""

_ASIDE = "aside"
"""Where, in a scratch folder, an old folder waits while the new one takes its place in two steps."""

_DAY = 24 * 3600.0
_TRIES, _PAUSE = 100, 0.01
_TRIAL = 2**20
"""So many bytes (1 MiB) are written to see whether a folder can be written in."""

_NO_LOCK = -1
_EXCHANGE, _HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of Linux


@contextmanager
def whole_or_absent(path: Path) -> Iterator[Path]:
    """Another path to write to, which takes the place of `path` at the end; the folder is made where there is none.

    Raises DataError where it cannot be written; what was there before stays then.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _scratch_in(path.parent) as scratch:
            partial = scratch / path.name
            yield partial
            os.replace(partial, path)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is either whole or absent.  Raises DataError where it cannot be written."""
    with whole_or_absent(path) as partial:
        partial.write_bytes(content)


@contextmanager
def whole_folder(path: Path, check: Callable[[Path], None]) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `path` at the end, in one step where the system knows one.

    A link is followed. `check` refuses what may not be replaced. Of several that write one folder the last one wins.
    Raises DataError where it cannot be written; what was there before stays then.
    """
    target = followed(path)
    with _told(path):
        check(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _scratch_in(target.parent) as scratch:
            made = scratch / "new"
            made.mkdir()
            yield made
            with suppress(FileNotFoundError):  # there is none, or another one has just taken it away
                made.chmod(stat.S_IMODE(target.stat().st_mode))
            _put(made, target, scratch / _ASIDE / target.name, check)


def check_room(path: Path) -> None:
    """Raise DataError unless something of that path can be written beside it, with the folders above it.

    Afterwards all is as it was.
    """
    nearest = path.parent
    while not os.path.lexists(nearest) and nearest != nearest.parent:
        nearest = nearest.parent
    with _told(path), _scratch_in(nearest) as scratch:
        trial = scratch / path.relative_to(nearest)
        trial.parent.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(bytes(_TRIAL))


def followed(path: Path) -> Path:
    """The path without links.  Raises DataError for links in a circle, and for what cannot be a path."""
    try:
        found = path.resolve()
        os.path.lexists(found)
        if found.is_symlink():  # some versions of Python leave a circle as it is
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{str(path)!r:.200} is no path ({_reason(error)}); choose another") from None
    return found


def sweep(folder: Path) -> None:
    """Delete the scratch folders of dead processes; an old folder that one of them took away goes back."""
    try:
        found = [entry for entry in os.scandir(folder) if entry.name.startswith(SCRATCH)]
    except OSError:
        return
    for entry in found:
        with suppress(OSError):
            if _is_ours(entry):
                _sweep_one(folder, Path(entry.path))


def check_regular(file: Path) -> int:
    """The bytes that a file has.

    Raises OSError for one that is not there, and for a pipe, a device or a folder, which would be waited for.
    """
    found = file.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no ordinary file")
    return found.st_size


def read_regular(file: Path, most: int | None = None) -> bytes:
    """What a file holds.

    Raises OSError for one that cannot be read, a pipe, a device or a folder, none of which is waited for, and for more
    than `most` bytes.
    """
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
        if most is not None and found.st_size > most:
            raise OSError(errno.EFBIG, f"it has {found.st_size} bytes, more than {most}")
        return opened.read()


def read_steadily(path: Path, read: Callable[[Path], T]) -> T:
    """What `read` makes of a folder; again where another one takes its place meanwhile, so that no two are mixed."""
    for _ in range(_TRIES):
        before = _identity(path)
        try:
            found = read(path)
        except DataError:
            if before is not None:
                if _identity(path) == before:
                    raise
                continue
            if _aside(path) is None:
                if _identity(path) is None:
                    raise
                continue
            time.sleep(_PAUSE)  # whoever took the old one away is about to put the new one there, unless it is dead
            sweep(followed(path).parent)
            continue
        if _identity(path) == before:
            return found
    there = None if _identity(path) is not None else _aside(path)
    return read(there or path)


# -- scratch ------------------------------------------------------------------------------------------------------


@contextmanager
def _scratch_in(folder: Path) -> Iterator[Path]:
    """A new folder for what is not whole yet, locked by this process and gone afterwards."""
    sweep(folder)
    scratch, lock = _claimed(folder)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        _unlock(lock)


def _claimed(folder: Path) -> tuple[Path, int]:
    """A new scratch folder and its lock; one that was swept before it could be locked is given up."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
        lock = _locked(path)
        if lock == _NO_LOCK:
            return path, lock
        if lock is not None:
            with suppress(OSError):
                if os.path.samestat(os.fstat(lock), os.stat(path)):
                    return path, lock
            _unlock(lock)


def _locked(path: Path) -> int | None:
    """A lock on a folder: a descriptor, None where another process has it, `_NO_LOCK` where there are no locks."""
    if sys.platform == "win32":
        return _NO_LOCK
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        return None if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else _NO_LOCK
    return descriptor


def _unlock(lock: int) -> None:
    if lock != _NO_LOCK:
        os.close(lock)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    mine = getattr(os, "geteuid", lambda: 0)()
    return entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_uid == mine


def _sweep_one(folder: Path, scratch: Path) -> None:
    lock = _locked(scratch)
    if lock is None or (lock == _NO_LOCK and time.time() - scratch.stat().st_mtime < _DAY):
        return
    for old in (scratch / _ASIDE).glob("*"):
        if not os.path.lexists(folder / old.name):
            old.rename(folder / old.name)
    shutil.rmtree(scratch, ignore_errors=True)
    _unlock(lock)


# -- one folder in the place of another -----------------------------------------------------------------------------


def _put(made: Path, target: Path, aside: Path, check: Callable[[Path], None]) -> None:
    """Let `target` be `made`, which holds what was there afterwards, or is gone."""
    aside.parent.mkdir()
    for _ in range(_TRIES):
        try:
            made.rename(target)  # onto nothing, or onto an empty folder
            return
        except OSError as error:
            if not target.is_dir():
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # another one has just taken it away
                    continue
                if aside.exists():
                    aside.rename(target)
                raise
        check(target)
        if _exchange(made, target):
            return
        if aside.exists():
            shutil.rmtree(aside)
        with suppress(FileNotFoundError):  # another one is doing the same
            target.rename(aside)
    raise OSError(errno.EBUSY, "others keep writing there")


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system or the file system knows no such step."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


def _identity(path: Path) -> tuple[int, ...] | None:
    """What tells a folder from another one in its place; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns


def _aside(path: Path) -> Path | None:
    """The old folder that was taken away to make room for a new one."""
    try:
        target = path.resolve()
        return next((p / _ASIDE / target.name for p in target.parent.glob(f"{SCRATCH}*")
                     if (p / _ASIDE / target.name).is_dir()), None)  # fmt: skip
    except (OSError, RuntimeError, ValueError):
        return None


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with a disk, as one line."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} cannot be written ({_reason(error)}); make room, or choose another place") from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)

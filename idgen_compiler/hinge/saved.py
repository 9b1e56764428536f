"""Saved samplers: the header that says which backend reads a folder, and the doors for all that is saved and loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

from idgen_compiler.data.atomic import check_room, followed, read_regular, read_steadily, whole_folder
from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import whole_number
from idgen_compiler.hinge.backend import Sampler, find_backend
from idgen_compiler.ir.program import Program

__all__ = [
    "HEADER",
    "check_place",
    "folder_of",
    "load",
    "read_header",
    "read_json",
    "saving",
    "write_header",
    "write_json",
]

HEADER = "sampler.json"
"""The file of a saved sampler that says which backend reads it, and holds the program."""

FORMAT = "idgen-sampler/3"

MOST = 2**26
"""No JSON file of a saved sampler has more bytes (64 MiB)."""

_MOST_LISTS = 2**20
"""Nor more lists and objects, each of which takes twenty times its two brackets in memory."""

_NOBODYS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""Files that file managers leave."""


@contextmanager
def saving(path: str | Path) -> Iterator[Path]:
    """An empty folder to write a sampler into, its header last (`write_header`), which becomes `path` in one step.

    A saved sampler that is there is replaced: who reads meanwhile sees the old one or the new one, whole. Raises
    DataError, and leaves all as it was, where anything else is there, or the folder cannot be written.
    """
    with whole_folder(folder_of(path), _refuse_others) as folder:
        yield folder


def folder_of(path: object) -> Path:
    """The path of a saved sampler.  Raises DataError for what is no path.

    >>> folder_of(None)
    Traceback (most recent call last):
    idgen_compiler.errors.DataError: a sampler is saved in a folder, not in None; give its path
    """
    if not isinstance(path, str | os.PathLike):
        raise DataError(f"a sampler is saved in a folder, not in {path!r:.80}; give its path")
    return Path(path)


def check_place(path: str | Path) -> None:
    """Raise DataError unless a sampler can be saved there: nothing is in the way, and there is room on the disk.

    >>> check_place("not/there/yet")
    """
    target = followed(folder_of(path))
    _refuse_others(target)
    if os.path.ismount(target):
        raise DataError(f"{target} is where a disk is mounted, which nothing can replace; give a folder in it")
    check_room(target)


def _refuse_others(folder: Path) -> None:
    """Raise DataError where there is anything but a saved sampler or an empty folder."""
    if os.path.lexists(folder):
        read_steadily(folder, _refuse_files)


def _refuse_files(folder: Path) -> None:
    try:
        names = set(os.listdir(folder)) - _NOBODYS
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise DataError(f"{folder} is a file; give a new folder") from None
    except OSError as error:
        raise DataError(f"{folder} cannot be looked into ({error.strerror}); give a new folder") from None
    if not names:
        return
    if HEADER not in names:
        raise DataError(f"{folder} exists and is no saved sampler, but holds {min(names)}; give a new or empty folder")
    others = names - {HEADER, *_files(_read(folder), folder)}
    if others:
        raise DataError(
            f"{folder} holds {', '.join(sorted(others)[:3])} beside a saved sampler; move that, or give a new folder"
        )


def write_json(file: Path, content: Any) -> None:
    """Write a JSON file of a saved sampler.  Raises DataError for what would be too large to be read again."""
    try:
        text = json.dumps(content, indent=2) + "\n"
    except (ValueError, RecursionError) as error:  # whole numbers of thousands of digits
        raise DataError(f"{file.name} cannot be written ({error}), so that the sampler cannot be saved") from None
    if len(text) > MOST or _lists(text) > _MOST_LISTS:
        raise DataError(f"{file.name} would have {len(text)} bytes, too many to be read again, and is not saved")
    file.write_text(text, encoding="utf-8")


def read_json(file: Path) -> Any:
    """The value in a JSON file of a saved sampler.

    Raises DataError for a file that is missing, too large, no ordinary one or no JSON.
    """
    try:
        text = read_regular(file, MOST).decode()
        if _lists(text) > _MOST_LISTS:
            raise ValueError(f"more than {_MOST_LISTS} lists and objects")
        return json.loads(text, parse_int=whole_number)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read ({error}); save the sampler again") from None


def _lists(text: str) -> int:
    return text.count("[") + text.count("{")


def write_header(path: Path, backend: str, program: Program, **details: Any) -> None:
    """Write the header of a saved sampler into a folder that holds its other files, which it lists."""
    content = {"format": FORMAT, "backend": backend, "program": str(program), **details}
    write_json(path / HEADER, content | {"files": sorted(os.listdir(path))})


def read_header(path: str | Path) -> dict[str, Any]:
    """The header of a saved sampler.  Raises DataError when the folder holds none that can be read."""
    header = _read(Path(path))
    _files(header, Path(path))
    header.pop("files", None)
    return header


def _read(path: Path) -> dict[str, Any]:
    file = path / HEADER
    if not os.path.exists(file):  # which answers for any path, also one that may not be looked at
        raise DataError(f"{path} holds no saved sampler ({HEADER} is missing); give the folder that save() wrote")
    header = read_json(file)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else type(header).__name__
        raise DataError(
            f"{file} has format {found!r:.80}, this version reads {FORMAT!r}; fit the program again and save it"
        )
    for key in ("backend", "program"):
        if not isinstance(header.get(key), str):
            raise DataError(f"{file} lacks its {key!r}; save the sampler again")
    return header


def _files(header: dict[str, Any], path: Path) -> list[str]:
    """The names of the folder's other files."""
    found = header.get("files", [])
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise DataError(f"{path / HEADER} lists its files as {found!r:.80}; save the sampler again")
    return found


def load(path: str | Path, **options: Any) -> Sampler:
    """Read a saved sampler with the backend that wrote it; nothing in the files is executed.

    `options` are the backend's: torch takes `device`, `families` for a sampler with model families of somebody's own,
    and `bind={"Y | X": f}` to bring again what was bound (see `idgen_torch.TorchBackend.load`).

    One that is replaced meanwhile is read again, so that the old one or the new one comes back, whole. Raises DataError
    for a folder that is truncated or tampered with, IdgenError for a missing backend.

    >>> import tempfile
    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    >>> sampler = program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.0, 0.5]]), backend="exact")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sampler.save(folder)
    ...     loaded = idgen.load(folder)
    >>> loaded.sample(3, do={"X": 1})["Y"].tolist()
    [1, 1, 1]
    """
    return read_steadily(folder_of(path), lambda folder: _load(folder, options))


def _load(folder: Path, options: dict[str, Any]) -> Sampler:
    name = read_header(folder)["backend"]
    backend: Any = find_backend(name)
    known = signature(backend.load).parameters
    if unknown := [option for option in options if option not in known]:
        raise DataError(f"the backend {name!r} loads without an option {', '.join(unknown)}; leave it out")
    sampler: Sampler = backend.load(folder, **options)
    return sampler

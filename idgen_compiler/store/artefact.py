"""What a store keeps of something that was made: what determines it, and which files hold it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import whole_number

__all__ = ["Artefact", "Kept", "key_of"]

FORMAT = "idgen-artefact/1"
_KEYS = ("format", "key", "kind", "title", "depends", "record", "files", "folder", "seconds", "made", "by")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of an artefact: its name, the digest of its bytes, and how many they are."""

    name: str
    sha256: str
    size: int

    @classmethod
    def of(cls, path: Path) -> Kept:
        """A file as it is.  Raises OSError for one that cannot be read."""
        with path.open("rb") as file:
            return cls(path.name, hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)

    def wrong(self, folder: Path) -> str:
        """What is wrong with it in a folder; empty where it is what was written."""
        try:
            found = Kept.of(folder / self.name)
        except OSError as error:
            return f"{self.name} cannot be read ({error.strerror})"
        if found.size != self.size:
            return f"{self.name} has {found.size} bytes of {self.size}"
        return "" if found == self else f"{self.name} was changed"


@dataclass(frozen=True)
class Artefact:
    """Something that was made, and is whole.

    kind: "model", "data", ...  title: what it is called, as `Y | X, Z`.  depends: all that determines it, as JSON holds
    it; `key` is its digest.  record: what its reader needs beside the files.  folder: where the files lie, below that
    of the key.  seconds: how long it took.  made: when, UTC.  by: the machine.
    """

    key: str
    kind: str
    title: str
    depends: Mapping[str, Any]
    record: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Kept, ...] = ()
    folder: str = ""
    seconds: float = 0.0
    made: str = ""
    by: str = ""

    @property
    def size(self) -> int:
        """Bytes of its files and its record, which some have alone."""
        return sum(kept.size for kept in self.files) + len(self.to_json())

    def to_json(self) -> bytes:
        """Its record as a file holds it."""
        plain = {name: getattr(self, name) for name in _KEYS[1:]}
        plain["files"] = [[kept.name, kept.sha256, kept.size] for kept in self.files]
        return json.dumps({"format": FORMAT} | plain, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Artefact:
        """What `to_json` wrote.  Raises DataError for anything else."""
        try:
            found = json.loads(content, parse_int=whole_number)
        except (ValueError, RecursionError) as error:
            raise DataError(f"it is no JSON ({error})") from None
        if not isinstance(found, dict) or tuple(sorted(found)) != tuple(sorted(_KEYS)):
            raise DataError("it is no record of an artefact")
        if found.pop("format") != FORMAT:
            raise DataError(f"it is of another version than {FORMAT}")
        if not all(isinstance(found[name], str) for name in ("key", "kind", "title", "folder", "made", "by")):
            raise DataError("its names are no texts")
        if not all(isinstance(found[name], dict) for name in ("depends", "record")):
            raise DataError("what it depends on is no mapping")
        if type(found["seconds"]) is not float or not math.isfinite(found["seconds"]):
            raise DataError(f"it took {found['seconds']!r:.40} seconds")
        files = found.pop("files")
        if not isinstance(files, list) or not all(map(_is_file, files)):
            raise DataError("its files are not named with digest and size")
        if found["key"] != key_of(found["kind"], found["depends"]):
            raise DataError("it does not depend on what its key says")
        return cls(files=tuple(Kept(*one) for one in files), **found)


def _is_file(found: Any) -> bool:
    return (
        isinstance(found, list)
        and [type(value) for value in found] == [str, str, int]
        and found[0] not in ("", ".", "..")
        and not set("/\\\0") & set(found[0])
    )


def key_of(kind: str, depends: Mapping[str, Any]) -> str:
    """The digest of what determines an artefact of a kind: 64 hexadecimal digits.

    >>> key_of("model", {"seed": 0}) == key_of("model", {"seed": 0}) != key_of("model", {"seed": 1})
    True
    """
    return hashlib.sha256(json.dumps([FORMAT, kind, depends], sort_keys=True).encode()).hexdigest()

"""Pictures as they are opened by hand: one PNG, or a ZIP archive of them beside their rows."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from idgen_compiler.data.kinds import Image, Kind
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.serving.values.pictures import are_pictures, png
from idgen_compiler.serving.values.plain import plain_rows
from idgen_compiler.serving.writing.writer import Writer, compact

__all__ = ["OnePicture", "Zipped"]


class OnePicture(Writer):
    """One PNG, of an answer that is one picture; warnings stand in its text chunk `Warnings` too."""

    media_type: ClassVar[str] = "image/png"
    name: ClassVar[str] = "png"
    suffix: ClassVar[str] = ".png"

    def check(self, rows: int, kinds: Mapping[str, Kind | None]) -> None:
        if rows != 1 or len(kinds) != 1 or not all(isinstance(kind, Image) for kind in kinds.values()):
            raise DataError(
                f"image/png is for one row of one picture, not for {rows} of {', '.join(kinds)}; ask for "
                "application/zip or application/x-ndjson"
            )

    def piece(self, samples: Samples, warnings: Sequence[str], cut: bool = False) -> bytes:
        return png(next(iter(samples.values()))[0], warnings)


class Zipped(Writer):
    """A ZIP archive: a PNG for each picture, as `Y/000000.png`; `rows.ndjson`, which names them; `warnings.json`."""

    media_type: ClassVar[str] = "application/zip"
    name: ClassVar[str] = "zip"
    suffix: ClassVar[str] = ".zip"

    def __init__(self) -> None:
        self._file = _Sink()
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)
        self._rows, self._lines, self._said = 0, list[str](), list[str]()
        self._folders: dict[str, str] = {}

    def piece(self, samples: Samples, warnings: Sequence[str], cut: bool = False) -> bytes:
        self._said += warnings
        pictures = {name: values for name, values in samples.items() if are_pictures(values)}
        rest = Samples({name: values for name, values in samples.items() if name not in pictures})
        rows = list(plain_rows(rest)) if len(rest) else [{} for _ in range(samples.size)]
        for name in pictures:
            self._folders.setdefault(name, _folder(name, self._folders.values()))
        for k, row in enumerate(rows):
            for name, values in pictures.items():
                row[name] = f"{self._folders[name]}/{self._rows + k:06d}.png"
                self._add(row[name], png(values[k]))
        self._rows += len(rows)
        self._lines += map(compact, rows)
        return self._file.taken()

    def end(self) -> bytes:
        self._add("rows.ndjson", "".join(f"{line}\n" for line in self._lines).encode())
        self._add("warnings.json", compact(self._said).encode())
        self._archive.close()
        return self._file.taken()

    def _add(self, name: str, content: bytes) -> None:
        self._archive.writestr(zipfile.ZipInfo(name), content)  # without a time, so that equal answers are equal


class _Sink(io.RawIOBase):
    """What is written, to be taken; it cannot be gone back in."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._held += data
        return len(data)

    def taken(self) -> bytes:
        found = bytes(self._held)
        self._held.clear()
        return found


def _folder(name: str, taken: Collection[str]) -> str:
    """A variable's name as that of a folder, whatever letters it has, unlike others."""
    found = re.sub(r"[^\w.-]|^\.+", "_", name) or "_"
    return found if found not in taken else f"{found}_{len(taken)}"

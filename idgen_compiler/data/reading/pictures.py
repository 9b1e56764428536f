"""Files and bytes of single pictures: where they may lie, and how large they may be."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError

__all__ = ["PictureFiles"]

LARGEST = 2**26
"""One picture may unfold into 64 MiB: 4,700 x 4,700 pixels in color."""

_FAILURES = (
    OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    MemoryError, RuntimeError, ArithmeticError, struct.error, zlib.error,
)  # fmt: skip
"""What decoders raise of damaged files."""


@dataclass(frozen=True)
class PictureFiles:
    """How files of pictures are opened that a column names: below `root`, or anywhere where it is None.

    Names are looked for from the root, from the `folder` of the table's file, and from the working directory.
    """

    root: Path | None = None
    limit: int | None = None
    folder: Path | None = None

    def open(self, name: str, where: str, source: str | Path | io.BytesIO) -> Any:
        """A picture as Pillow has it, decoded.  Raises DataError naming the column and where it is from."""
        try:
            from PIL import Image
        except ImportError:
            raise DataError(
                f"column {name} holds image files, which need Pillow: pip install 'idgen-compiler[images]'"
            ) from None
        place = source if isinstance(source, io.BytesIO) else self._place(name, where, source)
        most = LARGEST if self.limit is None else self.limit
        try:
            with Image.open(place) as image:
                size = image.width * image.height * len(image.getbands())
                if size <= most:
                    image.load()
                    return image
        except (*_FAILURES, Image.DecompressionBombError) as error:
            shown = f"{where} cannot be read as an image ({error!s:.200})"
            raise DataError(f"column {name}: {shown}; repair or leave it out") from None
        raise DataError(
            f"column {name}: {where} is a picture of {image.width} x {image.height} pixels, more than {most} bytes; "
            f"resize it, or say size_limit={size} if you trust it"
        )

    def _place(self, name: str, where: str, source: str | Path) -> Path:
        """The file that is named.  Raises DataError where it is not there, or not where it may lie."""
        path = Path(source)
        shown = str(path) if len(str(path)) <= 200 else f"{str(path)[:200]}..."
        if self.root is None or isinstance(source, Path):
            if _is_file(path):
                return path
            looked = "" if path.is_absolute() else f", looked for from {Path.cwd()}"
            raise DataError(f"column {name}: {where} names a file that is not there: {shown}{looked}")
        root = self.root.resolve()
        tried = [path] if path.is_absolute() else [start / path for start in (root, self.folder or root, Path.cwd())]
        there = [found for found in tried if _is_file(found)]
        for found in there:
            resolved = found.resolve()
            if resolved.is_relative_to(root):
                return resolved
        if there:
            raise DataError(
                f"column {name}: {where} names {shown}, which does not lie below {root}; say where the images of this "
                "table lie with images_root=..."
            )
        raise DataError(f"column {name}: {where} names a file that is not there: {shown}, looked for from {root}")


def _is_file(path: Path) -> bool:
    """Whether a regular file is there; a name that no file system takes is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False

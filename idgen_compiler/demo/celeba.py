"""The files of CelebA: a table of 40 attributes and a folder of pictures.

    DIR/list_attr_celeba.txt        a count; the names of the attributes; for each picture its name and 1 or -1 for each
    DIR/img_align_celeba/*.jpg      pictures of 178 x 218 pixels; other sizes and PNG files are read as well

Source: Liu, Luo, Wang and Tang, "Deep learning face attributes in the wild", ICCV 2015; the aligned and cropped files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.images import room_for_images
from idgen_compiler.data.reading.pictures import PictureFiles
from idgen_compiler.errors import DataError, near_misses

__all__ = ["IMAGES", "SIDE", "TABLE", "CelebA"]

TABLE, IMAGES = "list_attr_celeba.txt", "img_align_celeba"
SIDE = 128
"""Pictures are the square in the middle, resized to this, as StarGAN (Choi et al. 2018) reads them."""

_BILINEAR = 2  #: as Pillow counts, which is asked for only where there are pictures to open


@dataclass(frozen=True, eq=False)
class CelebA:
    """What the table says of each picture.  Shapes: files (n,), values (n, attributes) of 0 and 1."""

    folder: Path
    attributes: tuple[str, ...]
    files: tuple[str, ...]
    values: NDArray[np.int64]

    @classmethod
    def read(cls, folder: Path, needed: Sequence[str] = ()) -> CelebA:
        """Read the table below a folder; `needed` attributes have to be there.

        Raises DataError naming the file, the line and the remedy: where files are missing, the count is another than
        that of the lines, a line has too many or too few values or one that is neither 1 nor -1, or names repeat.
        """
        table = folder / TABLE
        for path, there in ((table, table.is_file()), (folder / IMAGES, (folder / IMAGES).is_dir())):
            if not there:
                raise DataError(f"there is no {path}; --data takes the folder that holds {TABLE} and {IMAGES}/")
        try:
            lines = [line.split() for line in table.read_text("utf-8").splitlines()]
        except OSError as error:
            raise DataError(f"{table} cannot be read: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise DataError(f"{table} is no text; fetch it again") from None
        while lines and not lines[-1]:
            lines.pop()
        if len(lines) < 3 or len(lines[0]) != 1 or not lines[0][0].isdecimal():
            raise DataError(
                f"{table} does not begin with a line that counts the pictures and one that names attributes"
            )
        (count,), names, rows = lines[0], lines[1], lines[2:]
        if len(rows) != int(count):
            raise DataError(f"{table} counts {count} pictures and lists {len(rows)}; fetch it again")
        _check_names(table, names, [row[0] if row else "" for row in rows], needed)
        values = np.stack([_values(f"{table}, line {k + 3},", row, len(names)) for k, row in enumerate(rows)])
        return cls(folder, tuple(names), tuple(row[0] for row in rows), values)

    def __len__(self) -> int:
        return len(self.files)

    def some(self, n: int, seed: int) -> CelebA:
        """n pictures at random, or all where there are fewer."""
        rows = np.sort(np.random.default_rng(seed).permutation(len(self))[:n])
        return CelebA(self.folder, self.attributes, tuple(self.files[k] for k in rows), self.values[rows])

    def column(self, attribute: str) -> NDArray[np.int64]:
        """0 or 1 for each picture.  Shape: (n,)."""
        return np.asarray(self.values[:, self.attributes.index(attribute)])

    def pictures(self, side: int = SIDE) -> NDArray[np.uint8]:
        """The squares in the middle of the pictures, resized.  Shape: (n, 3, side, side).

        Raises DataError naming a file that is missing or cannot be read.
        """
        files = PictureFiles(root=self.folder / IMAGES)
        out = room_for_images(len(self), (3, side, side))
        for k, name in enumerate(self.files):
            with files.open("I1", f"the picture {name}", name) as image:
                short = min(image.size)
                left, top = (image.width - short) // 2, (image.height - short) // 2
                square = image.convert("RGB").crop((left, top, left + short, top + short))
                out[k] = np.moveaxis(np.asarray(square.resize((side, side), _BILINEAR)), -1, 0)
        return out


def _check_names(table: Path, names: Sequence[str], files: Sequence[str], needed: Sequence[str]) -> None:
    for what, given in (("attribute", names), ("picture", files)):
        if len(set(given)) < len(given):
            twice = next(name for k, name in enumerate(given) if name in given[:k])
            raise DataError(f"{table} names the {what} {twice!r} twice")
    for name in needed:
        if name not in names:
            raise DataError(f"{table} has no attribute {name}{near_misses(name, names)}")


def _values(where: str, row: Sequence[str], width: int) -> NDArray[np.int64]:
    """1 and 0 for the 1 and -1 of a line.  Shape: (attributes,)."""
    if len(row) != width + 1:
        raise DataError(f"{where} has {max(len(row) - 1, 0)} values for {width} attributes; fetch the file again")
    if wrong := [text for text in row[1:] if text not in ("1", "-1")]:
        raise DataError(f"{where} has the value {wrong[0]!r:.40}; attributes are 1 or -1")
    return np.array([text == "1" for text in row[1:]], dtype=np.int64)

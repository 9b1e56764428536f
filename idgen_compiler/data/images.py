"""Columns of images from whatever holds them, as bytes with channels first; on disk when they are many.

What is read: arrays and tensors (rows, channels, height, width), (rows, height, width, channels) or, as bytes,
(rows, height, width); bytes, or floats between 0 and 1; lists of PIL images, arrays or names of files, looked for from
the working directory; encoded images as Hugging Face data sets and Parquet files hold them; and paths: a folder of
image files in the order of their names, an idx file, or an .npy file, which is mapped into memory and never read as a
whole. Files have 8 bits a channel; gray, RGB and RGBA stay so, palettes and other colors become RGB.
"""

from __future__ import annotations

import io
import math
import re
import shutil
import tempfile
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, Pictures, as_numpy, pandas
from idgen_compiler.data.reading.idx import read_idx
from idgen_compiler.data.reading.pictures import PictureFiles
from idgen_compiler.errors import DataError

__all__ = ["image_column", "is_images", "one_image", "room_for_images", "some_images"]

LARGE = 2**28
"""So many bytes (256 MiB) or more of decoded images are kept in a file without a name instead of in memory."""

CHANNELS = (1, 3, 4)
_MODES = {"L": "L", "1": "L", "RGB": "RGB", "RGBA": "RGBA", "LA": "RGBA", "RGBa": "RGBA", "La": "RGBA"}
_DEEP = ("I", "F")
"""Pillow's names for how files hold colors: what becomes of them (RGB where not listed), and those beyond 8 bits."""
FILES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
_CHUNK = 1024
_HEADER_FAILURES = (
    OSError, ValueError, EOFError, SyntaxError, TypeError, KeyError, OverflowError, MemoryError, RecursionError,
    AttributeError, IndexError, tokenize.TokenError,
)  # fmt: skip
"""What NumPy raises of damaged headers, which it reads as Python's own values."""
_FIRST = 64
"""So many rows are looked at before all others."""
_DIGITS = re.compile(r"(\d+)")


def is_images(column: Any) -> bool:
    """Whether a column is one of images: bytes with three or four axes, PIL images, encoded images, or a path."""
    if isinstance(column, Path):
        return True
    column = as_numpy(column)
    if isinstance(column, np.ndarray) and column.ndim > 1:
        return column.ndim == 4 or (column.ndim == 3 and column.dtype == np.uint8)
    if isinstance(column, Mapping | str | bytes) or not isinstance(column, Sequence | np.ndarray | pandas().Series):
        return False
    if isinstance(column, np.ndarray) and column.ndim == 0:
        return False
    if isinstance(column, pandas().Series):  # all of it would become objects where one is asked for
        head = next((value for value in column.iloc[:_FIRST] if not _is_nothing(value)), None)
        if head is not None:
            return _is_one_image(head)
    return _is_one_image(next((value for value in column if not _is_nothing(value)), None))


def _is_nothing(value: Any) -> bool:
    return value is None or value is pandas().NA or (isinstance(value, float) and value != value)


def image_column(name: str, column: Any, files: PictureFiles = PictureFiles()) -> Pictures:
    """The images of a column; `files` says where those that it names may lie, and how large they may be.

    Raises DataError naming the column, and the row or file that is wrong.
    """
    if isinstance(column, Path):
        return _from_path(name, column, files)
    column = as_numpy(column)
    if isinstance(column, np.ndarray) and column.dtype != object:
        return _from_array(name, column)
    return _decoded(name, ((f"row {k}", value) for k, value in enumerate(column)), len(column), files)


def one_image(name: str, value: Any) -> Pictures:
    """One image of any kind.  Shape: (channels, height, width)."""
    return _one(name, "the value", value, PictureFiles())


def room_for_images(rows: int, shape: Sequence[int]) -> Pictures:
    """Zeros for so many images, in memory, or in a temporary file that vanishes with the array.

    Shape: (rows, channels, height, width).
    """
    whole = (rows, *shape)
    if (size := math.prod(whole)) < LARGE:
        return np.zeros(whole, dtype=np.uint8)
    if size > shutil.disk_usage(tempfile.gettempdir()).free:
        raise DataError(
            f"{rows} images of {shape[1]} x {shape[2]} with {shape[0]} channel(s) take {size:,} bytes, more than is "
            f"free in {tempfile.gettempdir()}; resize them, give fewer, or set TMPDIR"
        )
    with tempfile.TemporaryFile(prefix="idgen-images-") as file:
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=whole)


def some_images(images: Pictures, rows: Array) -> Pictures:
    """The images of some rows, a piece at a time.  `rows` are their numbers, or has shape (all rows,) bool."""
    chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
    out = room_for_images(len(chosen), images.shape[1:])
    for start in range(0, len(chosen), _CHUNK):
        out[start : start + _CHUNK] = images[chosen[start : start + _CHUNK]]
    return out


def _is_one_image(value: Any) -> bool:
    value = as_numpy(value)
    if isinstance(value, np.ndarray):
        return value.ndim == 3 or (value.ndim == 2 and value.dtype == np.uint8)
    if isinstance(value, Mapping):
        return isinstance(value.get("bytes"), bytes) or isinstance(value.get("path"), str)
    if isinstance(value, Path):
        return True
    if isinstance(value, str):
        return value.lower().endswith(FILES)
    return hasattr(value, "getbands") and hasattr(value, "size")  # a PIL image, without importing PIL


def _from_path(name: str, path: Path, files: PictureFiles) -> Pictures:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in FILES)
        if not found:
            raise DataError(f"column {name}: the folder {path} holds no image files ({', '.join(FILES[:3])}, ...)")
        _check_order(name, found)
        return _decoded(name, ((str(file), file) for file in found), len(found), files)
    if not path.is_file():
        raise DataError(f"column {name}: there is no file or folder {path}")
    if path.suffix == ".npy":
        try:
            array = np.load(path, mmap_mode="c", allow_pickle=False)  # "c" lets torch hold it; the file stays as it is
        except _HEADER_FAILURES as error:
            raise DataError(f"column {name}: {path} cannot be read as .npy: {error!s:.200}") from None
        if not isinstance(array, np.ndarray):
            raise DataError(f"column {name}: {path} is an archive of arrays; save the one with images by itself")
        return _from_array(name, array)
    if "idx" in path.name:
        return _from_array(name, read_idx(path, files.limit))
    raise DataError(f"column {name}: {path} is neither a folder of images, an idx file nor an .npy file")


def _check_order(name: str, files: Sequence[Path]) -> None:
    """Refuse names whose numbers count otherwise than the names sort: pictures would meet other rows' values."""

    def numbers(file: Path) -> list[str | int]:
        return [int(piece) if k % 2 else piece for k, piece in enumerate(_DIGITS.split(file.name))]

    counted = sorted(files, key=numbers)
    for by_name, by_number in zip(files, counted, strict=True):
        if by_name != by_number:
            raise DataError(
                f"column {name}: {by_name} comes before {by_number} in the order of the names, but not by their "
                "numbers; pad the numbers with zeros, or give a list of file names in the order of the rows"
            )


def _from_array(name: str, array: Array, where: str | None = None) -> Pictures:
    """Channels first, as bytes; `where` a single image is from.  A mapped array of bytes stays mapped."""
    if where is None:
        found, rows = f"column {name} has shape {array.shape}", "rows, "
    else:
        found, rows = f"column {name}: {where} has shape {array.shape[1:]}", ""
    if array.ndim == 3:
        array = array[:, None]
    if array.ndim != 4:
        raise DataError(f"{found}; images have the axes ({rows}channels, height, width)")
    if array.shape[1] not in CHANNELS and array.shape[-1] in CHANNELS:
        array = np.moveaxis(array, -1, 1)
    if array.shape[1] not in CHANNELS:
        raise DataError(
            f"{found}; images have 1, 3 or 4 channels: ({rows}channels, height, width) or "
            f"({rows}height, width, channels)"
        )
    if array.dtype == np.uint8:
        return array
    if where is None and array.dtype.kind in "iu" and array.size and array.max() <= 1:
        raise DataError(
            f"column {name} holds whole numbers up to 1, which are nearly black; give booleans or floats between 0 and "
            "1, or multiply by 255"
        )
    out = room_for_images(len(array), array.shape[1:])
    for start in range(0, len(array), _CHUNK):
        out[start : start + _CHUNK] = _bytes(name, array[start : start + _CHUNK], start, where)
    return out


def _bytes(name: str, values: Array, first: int, where: str | None) -> Pictures:
    """Floats between 0 and 1, whole numbers between 0 and 255, or booleans, as bytes."""
    if values.dtype.kind == "b":
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind not in "iuf":
        raise DataError(f"column {name} holds {values.dtype} values; images are bytes, or floats between 0 and 1")
    most = 255 if values.dtype.kind in "iu" else 1
    wrong = ~((values >= 0) & (values <= most)).reshape(len(values), -1).all(1)  # NaN is wrong too
    if wrong.any():
        raise DataError(
            f"column {name}: {where or f'row {first + int(wrong.argmax())}'} has values outside 0 to {most}; "
            + ("rescale whole numbers to 0 to 255" if most == 255 else "rescale floats to 0 to 1, without NaN")
        )
    return values.astype(np.uint8) if most == 255 else np.round(values * 255.0).astype(np.uint8)


def _decoded(name: str, values: Iterable[tuple[str, Any]], count: int, files: PictureFiles) -> Pictures:
    """So many images, one by one, into one array; `values` are (where it is from, the image)."""
    out: Pictures | None = None
    begun = ""
    for k, (where, value) in enumerate(values):
        image = _one(name, where, value, files)
        if out is None:
            out, begun = room_for_images(count, image.shape), where
        if image.shape != out.shape[1:]:
            raise DataError(
                f"column {name}: {where} is {_size(image)} and {begun} is {_size(out[0])}; "
                "images of a variable have one size: resize or crop them first"
            )
        out[k] = image
    if out is None:
        raise DataError(f"column {name} holds no images; give at least one")
    return out


def _one(name: str, where: str, value: Any, files: PictureFiles) -> Pictures:
    """One image as bytes.  Shape: (channels, height, width)."""
    value = as_numpy(value)
    if isinstance(value, np.ndarray):
        one: Pictures = _from_array(name, value[None], where)[0]
        return one
    if isinstance(value, Mapping):
        value = io.BytesIO(value["bytes"]) if isinstance(value.get("bytes"), bytes) else value.get("path")
    if isinstance(value, str | Path | io.BytesIO):
        value = files.open(name, where, value)
    if not hasattr(value, "convert"):
        raise DataError(f"column {name}: {where} is {type(value).__name__} and no image; drop it or fill it in")
    if value.mode.startswith(_DEEP):
        raise DataError(
            f"column {name}: {where} has more than 8 bits a channel (mode {value.mode}), which would be cut off; "
            "rescale it to 8 bits, or give an array of floats between 0 and 1"
        )
    array = np.array(value.convert(_MODES.get(value.mode, "RGB")), dtype=np.uint8)
    return array[None] if array.ndim == 2 else np.ascontiguousarray(np.moveaxis(array, -1, 0))


def _size(image: Array) -> str:
    channels, height, width = image.shape
    return f"{height} x {width} with {channels} channel{'s' if channels > 1 else ''}"

"""Files in MNIST's idx format: read whole, or refused by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from idgen_compiler.data.reading.idx import read_idx
from idgen_compiler.demo.colored_digits import Bank
from idgen_compiler.errors import DataError


def idx(values: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """The bytes of an idx file: two zeros, the type, the number of axes, each axis' length, the values."""
    return bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes() + values.tobytes()


PICTURES = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_plain_and_packed_files_are_read(tmp_path: Path, pack: object) -> None:
    assert callable(pack)
    (tmp_path / "pictures").write_bytes(pack(idx(PICTURES)))
    assert np.array_equal(read_idx(tmp_path / "pictures"), PICTURES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no idx file of bytes; it begins with nothing"),
        (b"\x89PNG\r\n", "no idx file of bytes; it begins with 89 50 4e 47"),
        (b"\0\0\x0d\1\0\0\0\1\0\0\0\0", "no idx file of bytes"),
        (gzip.compress(idx(PICTURES))[:-9], "no whole gzip file"),
        (gzip.compress(b"")[:2] + b"\xff" * 20, "cannot be read"),
        (idx(PICTURES)[:-1], "pictures"),
        (idx(PICTURES) + b"\0", "pictures"),
        (idx(PICTURES)[:9], "pictures"),
        (bytes((0, 0, 8, 3)) + np.array([0, 2**32 - 1, 2**32 - 1], ">u4").tobytes(), "holds no array"),
        (bytes((0, 0, 8, 99)) + bytes(4 * 99), "holds no array"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "pictures").write_bytes(content)
    with pytest.raises(DataError, match=f"pictures.*{message}|{message}"):
        read_idx(tmp_path / "pictures")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="pictures cannot be read: No such file"):
        read_idx(tmp_path / "pictures")


def test_a_bank_of_digits_is_read_from_idx_files(tmp_path: Path) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(PICTURES))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([7, 0, 1], np.uint8))))
    bank = Bank.mnist(tmp_path, size=16)
    assert bank.labels.tolist() == [7, 0, 1]

    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([7, 0], np.uint8))))
    with pytest.raises(DataError, match=r"do not fit: \(3, 28, 28\) images, \(2,\) labels"):
        Bank.mnist(tmp_path, size=16)
    with pytest.raises(DataError, match="holds no t10k-images-idx3-ubyte"):
        Bank.mnist(tmp_path, part="test", size=16)

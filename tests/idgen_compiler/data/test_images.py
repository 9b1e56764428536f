"""Columns of images: what is read, in which shape it arrives, and what is refused."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import torch
from PIL import Image as Pillow

from idgen_compiler.data import images
from idgen_compiler.data.kinds import Composite, Image
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema, images_among, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError
from idgen_torch.tensors import encode_sources, encode_value

GENERATOR = np.random.default_rng(0)
BYTES = GENERATOR.integers(0, 256, (5, 3, 8, 6), dtype=np.uint8)
GREY = BYTES[:, 0]


def pillow(array: np.ndarray) -> Any:
    return Pillow.fromarray(array if array.ndim == 2 else np.moveaxis(array, 0, -1))


def encoded(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    pillow(array).save(file, "PNG")
    return file.getvalue()


def idx(array: np.ndarray) -> bytes:
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def read(data: Any, **types: Any) -> tuple[Schema, np.ndarray]:
    sources = read_sources(data, ["X"], images=images_among(types))
    schema = infer_schema(sources, types)
    return schema, encode_sources(sources, schema, 0)["X"].numpy()


SOURCES = {
    "channels first": lambda folder: BYTES,
    "upside down twice": lambda folder: BYTES[:, :, ::-1].copy()[:, :, ::-1],
    "channels last": lambda folder: np.moveaxis(BYTES, 1, -1),
    "floats": lambda folder: BYTES / 255.0,
    "a tensor": lambda folder: torch.from_numpy(BYTES).float() / 255,
    "whole numbers": lambda folder: BYTES.astype(np.int64),
    "pillow images": lambda folder: [pillow(image) for image in BYTES],
    "arrays": lambda folder: [np.moveaxis(image, 0, -1) for image in BYTES],
    "encoded": lambda folder: [{"bytes": encoded(image), "path": None} for image in BYTES],
    "a folder": lambda folder: folder,
    "file names": lambda folder: [str(file) for file in sorted(folder.iterdir())],
    "a mapped file": lambda folder: folder / "x.npy",
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_bytes(source: str, tmp_path: Path) -> None:
    if source == "a mapped file":
        np.save(tmp_path / "x.npy", BYTES)
    elif source in ("a folder", "file names"):
        for k, image in enumerate(BYTES):
            pillow(image).save(tmp_path / f"{k}.png")
    schema, found = read({"X": SOURCES[source](tmp_path)})
    assert schema["X"] == Image(3, 8, 6)
    assert found.dtype == np.uint8
    assert np.array_equal(found, BYTES)


def test_tables_of_encoded_images() -> None:
    column = [{"bytes": encoded(image), "path": None} for image in BYTES]
    for table in (pa.table({"X": column}), pd.DataFrame({"X": column})):
        assert np.array_equal(read(table)[1], BYTES)


def test_hugging_face_images() -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"X": datasets.Image(), "Z": datasets.Value("string")})
    data = datasets.Dataset.from_dict({"X": [pillow(image) for image in BYTES], "Z": list("aabba")}, features=features)
    sources = read_sources(data, ["X", "Z"])
    schema = infer_schema(sources)
    assert schema["X"] == Image(3, 8, 6)
    assert np.array_equal(encode_sources(sources, schema, 0)["X"].numpy(), BYTES)


def test_grey_images_from_idx(tmp_path: Path) -> None:
    for file, content in (("x-idx3-ubyte", idx(GREY)), ("x-idx3-ubyte.gz", gzip.compress(idx(GREY)))):
        (tmp_path / file).write_bytes(content)
        schema, found = read({"X": tmp_path / file})
        assert schema["X"] == Image(1, 8, 6)
        assert np.array_equal(found[:, 0], GREY)


def test_a_mapped_file_is_not_read_as_a_whole(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", BYTES)
    assert isinstance(images.image_column("X", tmp_path / "x.npy"), np.memmap)


def test_many_images_are_kept_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "LARGE", 100)
    found = images.image_column("X", BYTES / 255.0)
    assert isinstance(found, np.memmap)
    assert np.array_equal(found, BYTES)


def test_a_composite_may_hold_an_image() -> None:
    sources = read_sources({"X.picture": BYTES, "X.label": list("aabba")}, ["X"])
    kind = infer_schema(sources)["X"]
    assert isinstance(kind, Composite)
    assert [atom.part.form for atom in kind.atoms("X")] == [Form.PICTURES, Form.CODES]


def test_types_may_say_image() -> None:
    assert read({"X": BYTES}, X="image")[0]["X"] == Image(3, 8, 6)
    assert read({"X": BYTES}, X=Image(3, 8, 6))[0]["X"] == Image(3, 8, 6)
    for gray in (GREY / 255.0, GREY.astype(np.int64), [image / 255.0 for image in GREY]):
        schema, found = read({"X": gray}, X="image")
        assert schema["X"] == Image(1, 8, 6)
        assert np.array_equal(found[:, 0], GREY)


def test_files_keep_their_colours_or_are_refused(tmp_path: Path) -> None:
    ink = (GREY[0] > 127) * np.uint8(255)
    pillow(ink).convert("1").save(tmp_path / "1.png")
    assert np.array_equal(read({"X": [tmp_path / "1.png"]})[1][0, 0], ink)
    clear = np.stack([GREY[0], ink], -1)
    Pillow.fromarray(clear).save(tmp_path / "2.png")
    gray, alpha = read({"X": [tmp_path / "2.png"]})[1][0, [0, 3]]
    assert np.array_equal(gray, GREY[0])
    assert np.array_equal(alpha, ink)
    Pillow.fromarray(GREY[0].astype(np.uint16) * 100).save(tmp_path / "3.png")
    Pillow.fromarray(GREY[0].astype(np.float32)).save(tmp_path / "4.tiff")
    for name in ("3.png", "4.tiff"):
        with pytest.raises(DataError, match="row 0 has more than 8 bits a channel"):
            read({"X": [tmp_path / name]})


def test_names_of_files_are_looked_for_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pillow(BYTES[0]).save(tmp_path / "0.png")
    frame = pd.DataFrame({"X": ["0.png", "1.png"]})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"column X: row 1 names a file that is not there: 1\.png, looked for from"):
        read(frame)
    pillow(BYTES[1]).save(tmp_path / "1.png")
    assert np.array_equal(read(frame)[1], BYTES[:2])


def test_a_folder_whose_numbers_would_be_shuffled_is_refused(tmp_path: Path) -> None:
    for k in (1, 2, 10):
        pillow(BYTES[0]).save(tmp_path / f"x{k}.png")
    with pytest.raises(DataError, match=r"x10\.png comes before .*x2\.png in the order of the names"):
        read({"X": tmp_path})
    (tmp_path / "x10.png").rename(tmp_path / "x3.png")
    assert len(read({"X": tmp_path})[1]) == 3


def test_very_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pillow(BYTES[0]).save(tmp_path / "x.png")
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(DataError, match="row 0 cannot be read as an image"):
        read({"X": [tmp_path / "x.png"]})


WRONG = {
    "another declared size": (BYTES, {"X": Image(3, 6, 8)}, r"holds images of \(3, 8, 6\)"),
    "no image": ([1.5, 2.5], {"X": "image"}, r"has shape \(2,\); images have the axes"),
    "no images": ([], {"X": "image"}, "the table has no rows"),
    "floats without channels": (GREY / 255.0, {}, "types={'X': 'image'}"),
    "zeros and ones": ((BYTES > 127).astype(np.int64), {}, "whole numbers up to 1"),
    "two channels in a row": ([BYTES[0], BYTES[1, :2]], {}, r"row 1 has shape \(2, 8, 6\)"),
    "large floats in a row": ([BYTES[0] / 255.0, BYTES[1] / 1.0], {}, "row 1 has values outside 0 to 1"),
    "unequal sizes": ([BYTES[0], BYTES[1], BYTES[2, :, :4]], {}, "row 2 is 4 x 6 .* row 0 is 8 x 6"),
    "unequal channels": ([pillow(BYTES[0]), pillow(GREY[1])], {}, "row 1 is 8 x 6 with 1 channel and"),
    "two channels": (BYTES[:, :2], {}, "1, 3 or 4 channels"),
    "large floats": (BYTES.astype(float), {}, "row 0 has values outside 0 to 1"),
    "not a number": (np.where(np.arange(5)[:, None, None, None] == 3, np.nan, BYTES / 255.0), {}, "row 3"),
    "a missing image": ([pillow(BYTES[0]), None], {}, "row 1 is NoneType and no image"),
    "corrupt bytes": ([{"bytes": b"\x89PNG nothing", "path": None}], {}, "row 0 cannot be read as an image"),
    "no such path": (Path("nowhere"), {}, "no file or folder nowhere"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_images_are_refused(case: str) -> None:
    column, types, message = WRONG[case]
    with pytest.raises(DataError, match=message):
        read({"X": column}, **types)


def test_broken_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(BYTES[0]))
    (tmp_path / "b.png").write_bytes(encoded(BYTES[0])[:60])
    (tmp_path / "x-idx3-ubyte").write_bytes(idx(GREY)[:-1])
    (tmp_path / "x.npy").write_bytes(b"no array")
    for path, named in (
        (tmp_path, "b.png"),
        (tmp_path / "x-idx3-ubyte", "fetch it again"),
        (tmp_path / "x.npy", "npy"),
    ):
        with pytest.raises(DataError, match=named):
            read({"X": path})


def test_values_are_one_image_or_one_for_each_sample() -> None:
    kind = Image(3, 8, 6)
    for value in (
        BYTES[0],
        np.moveaxis(BYTES[0], 0, -1),
        pillow(BYTES[0]),
        torch.from_numpy(BYTES[0]),
        BYTES[0] / 255.0,
    ):
        (found,) = encode_value(Setting("do", "X", 5), kind, value)
        assert np.array_equal(found.numpy(), BYTES[:1])
    assert np.array_equal(encode_value(Setting("do", "X", 5), kind, BYTES)[0].numpy(), BYTES)
    assert np.array_equal(
        encode_value(Setting("do", "X", 5), kind, [pillow(image) for image in BYTES])[0].numpy(), BYTES
    )
    assert np.array_equal(encode_value(Setting("do", "X", 5), kind, pd.Series(list(BYTES)))[0].numpy(), BYTES)
    gray = Image(1, 8, 6)
    for value in (GREY, GREY / 255.0, GREY[:, None], list(GREY)):
        assert np.array_equal(encode_value(Setting("do", "X", 5), gray, value)[0].numpy()[:, 0], GREY)
    for value in (GREY[0], GREY[:1], GREY[0][..., None]):
        assert np.array_equal(encode_value(Setting("do", "X", 5), gray, value)[0].numpy()[:, 0], GREY[:1])
    for value in (BYTES, BYTES[0, :, :4], "red", 3, []):
        with pytest.raises(DataError, match=r"no image of X, which has the shape \(3, 8, 6\)"):
            encode_value(Setting("do", "X", 4), kind, value)


# -- files that a table names, and how large they may be ---------------------------------------------------------------


def test_files_that_a_table_names_lie_below_its_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "table" / "in").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    inside, secret = tmp_path / "table" / "in" / "a.png", tmp_path / "elsewhere" / "secret.png"
    pillow(BYTES[0]).save(inside)
    pillow(BYTES[1]).save(secret)
    (tmp_path / "table" / "link.png").symlink_to(secret)
    (tmp_path / "table" / "folder").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    path = tmp_path / "table" / "t.parquet"
    for named in ("in/a.png", "in/../in/a.png", str(inside)):
        for cell in (named, {"bytes": None, "path": named}):
            pa.parquet.write_table(pa.table({"X": [cell]}), path)
            assert np.array_equal(read(path)[1], BYTES[:1])
    for named in ("../elsewhere/secret.png", "secret.png", "link.png", "folder/secret.png", str(secret)):
        for cell in (named, {"bytes": None, "path": named}):
            pa.parquet.write_table(pa.table({"X": [cell]}), path)
            with pytest.raises(DataError, match=r"does not lie below .*table; say where .* with images_root="):
                read(path)
            assert np.array_equal(_read_below(path, tmp_path), BYTES[1:2])
    (tmp_path / "table" / "t.csv").write_text(f"X\n{secret}\n", encoding="utf-8")
    with pytest.raises(DataError, match="does not lie below"):
        read(tmp_path / "table" / "t.csv")
    monkeypatch.chdir(tmp_path / "table")
    for frame in (pd.DataFrame({"X": [str(secret)]}), pa.table({"X": [{"bytes": None, "path": str(secret)}]})):
        with pytest.raises(DataError, match="does not lie below"):
            read(frame)
    for free in ([secret], [str(secret)]):  # what a caller puts into a mapping himself
        assert np.array_equal(read({"X": free})[1], BYTES[1:2])


def _read_below(path: Path, root: Path) -> np.ndarray:
    from idgen_compiler.data.reading.options import Reading

    found = read_sources(path, ["X"], how=Reading(images_root=root))
    return np.asarray(found["X"].columns[""].content)


@pytest.mark.parametrize("named", ["x" * 5000 + ".png", "a\0b.png", "nowhere.png", "."])
def test_names_that_are_no_files(named: str, tmp_path: Path) -> None:
    for column in ([named], [Path(named)], [{"bytes": None, "path": named}], pd.Series([named])):
        with pytest.raises(DataError, match="names a file that is not there"):
            read({"X": column}, X="image")


def test_a_picture_that_unfolds_into_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    from idgen_compiler.data.reading.options import Reading

    Pillow.new("RGB", (20_000, 4_000)).save(tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size < 400_000
    with pytest.raises(DataError, match=r"20000 x 4000 pixels, more than 67108864 bytes; .*size_limit=240000000"):
        read({"X": [tmp_path / "x.png"]})
    pillow(BYTES[0]).save(tmp_path / "y.png")
    with pytest.raises(DataError, match="more than 100 bytes"):
        read_sources({"X": [tmp_path / "y.png"]}, ["X"], how=Reading(size_limit=100))


def test_an_idx_file_that_unfolds_into_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    header = b"\0\0\x08\x03" + struct.pack(">3I", 3_000_000, 32, 32)
    (tmp_path / "x-idx3-ubyte.gz").write_bytes(gzip.compress(header + b"\0" * 10**6))
    with pytest.raises(DataError, match=r"unfolds into 2\.86 GiB, more than 1 GiB; .*size_limit=3072000016"):
        read({"X": tmp_path / "x-idx3-ubyte.gz"})
    (tmp_path / "y-idx3-ubyte.gz").write_bytes(gzip.compress(idx(GREY) + b"\0" * 10**6))
    with pytest.raises(DataError, match="holds more than 240 bytes, its header says"):
        read({"X": tmp_path / "y-idx3-ubyte.gz"})


def test_more_pictures_than_the_disk_holds_are_refused() -> None:
    with pytest.raises(DataError, match="more than is free in"):
        images.room_for_images(10**12, (3, 64, 64))

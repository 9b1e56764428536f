"""MIMIC-CXR's files in their layout, made here in small: read right, and refused where they are damaged."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import idgen_compiler as idgen
from idgen_compiler.demo.radiology.mimic import read_patients, read_report, read_studies
from tests.mimic import CHEXPERT, METADATA, SPLIT, tiny


def test_the_layout_is_read(tmp_path: Path) -> None:
    studies, left_out = read_studies(tiny(tmp_path, 60))
    assert left_out == {"no frontal picture": 6, "an uncertain label": 4}
    assert len(studies) == 50
    assert {study.split for study in studies} == {"train", "validate", "test"}
    some = read_patients(tmp_path, studies, 12)
    assert some.films.shape == (50, 1, 12, 12)
    # Pictures are as bright as their labels say, so that labels and pictures belong together.
    level = np.rint((some.films.mean((1, 2, 3)) - 40) / 20).astype(int)
    assert np.array_equal(level, some.pneumonia + 2 * some.attributes[:, 0] + 4 * some.attributes[:, 1])
    for text, (e, a, opaque) in zip(some.reports, some.attributes, strict=True):
        assert ("pleural effusion is seen" in text) == bool(e)
        assert "FINAL REPORT" not in text
        assert "INDICATION" not in text
        assert a in (0, 1)
        assert opaque in (0, 1)


def test_compressed_tables_are_the_same(tmp_path: Path) -> None:
    plain = read_studies(tiny(tmp_path, 30))
    for name in (CHEXPERT, METADATA, SPLIT):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        (tmp_path / name).unlink()
    assert read_studies(tmp_path) == plain
    whole = (tmp_path / f"{SPLIT}.gz").read_bytes()
    (tmp_path / f"{SPLIT}.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(idgen.DataError, match=r"split.csv.gz cannot be read"):
        read_studies(tmp_path)


def test_a_frontal_picture_stands_for_a_study(tmp_path: Path) -> None:
    studies, _ = read_studies(tiny(tmp_path, 20))
    with (tmp_path / METADATA).open() as stream:
        views = {row["dicom_id"]: row["ViewPosition"] for row in csv.DictReader(stream)}
    assert all(views[study.dicom] == "PA" for study in studies)
    assert str(studies[0].report) == "files/p10/p10000000/s50000000.txt"
    assert studies[0].picture.parent == studies[0].report.with_suffix("")


def test_reports_are_read_by_section(tmp_path: Path) -> None:
    path = tmp_path / "s1.txt"
    path.write_text(" FINAL REPORT\n INDICATION:  effusion?\n\n FINDINGS:\n No\n effusion.\n\n IMPRESSION: Clear.\n")
    assert read_report(path) == "No effusion. Clear."
    path.write_text("Clear   lungs.\n")
    assert read_report(path) == "Clear lungs."


def change(name: str, old: str, new: str) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return damage


def first(folder: Path, ending: str) -> Path:
    return next(path for path in sorted((folder / "files").rglob(f"*{ending}")) if "50000001" in str(path))


DAMAGED = [
    (lambda f: (f / CHEXPERT).unlink(), "chexpert.csv cannot be read .*--data is a folder with"),
    (lambda f: (f / METADATA).unlink(), "metadata.csv cannot be read"),
    (lambda f: (f / SPLIT).write_bytes(b"\xff\xfe\x00"), "split.csv is no text"),
    (lambda f: (f / CHEXPERT).write_text(""), "has no column subject_id"),
    (change(CHEXPERT, "Pneumonia", "Pneumnia"), "has no column Pneumonia; did you mean Pneumnia"),
    (change(CHEXPERT, "10000001,50000001,", "10000001,50000001,2.0,,,,,,,"), "line 3: .* values for 6 columns"),
    (change(CHEXPERT, ",1.0", ",7.0"), "is '7.0'; a label is 1.0, 0.0, -1.0 or empty"),
    (change(CHEXPERT, "50000001", "50000002"), "study 50000002 is labeled twice"),
    (change(CHEXPERT, "10000001", "../x"), r"subject_id is '../x', no number"),
    (change(METADATA, "d1a", "../d1a"), "is no dicom_id"),
    (change(METADATA, "d2a", "d1a"), "the picture d1a is named twice"),
    (change(SPLIT, "d1a,", "d1z,"), "has no line for the picture d1a"),
    (change(SPLIT, "d1a,50000001", "d1a,50000002"), "picture d1a is of study 50000002, and of 50000001"),
    (change(SPLIT, "train", "learn"), "the split 'learn' is none of"),
    (lambda f: first(f, ".txt").unlink(), r"lacks 1 of 37 reports that its tables name, such as files/p10"),
    (lambda f: first(f, "d1a.jpg").unlink(), r"lacks 1 of 37 pictures that its tables name"),
    (lambda f: first(f, ".txt").write_text(" \n"), "is empty; fetch the report again"),
    (lambda f: first(f, ".txt").write_bytes(b"\xff\xfe\x00"), "is no text"),
    (lambda f: first(f, "d1a.jpg").write_bytes(b"\xff\xd8\xff\xe0"), "cannot be read as an image"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGED, ids=[message[:30] for _, message in DAMAGED])
def test_damaged_files_are_refused(tmp_path: Path, damage: Callable[[Path], object], message: str) -> None:
    damage(tiny(tmp_path, 44))
    with pytest.raises(idgen.DataError, match=message):
        read_patients(tmp_path, read_studies(tmp_path)[0], 12)


def test_tables_of_nothing_are_refused(tmp_path: Path) -> None:
    tiny(tmp_path, 12)
    text = (tmp_path / METADATA).read_text()
    (tmp_path / METADATA).write_text(text.replace(",PA", ",LATERAL").replace(",AP", ",LATERAL"))
    with pytest.raises(idgen.DataError, match="no study with a frontal picture"):
        read_studies(tmp_path)

"""The files of MIMIC-CXR: labels, views, splits, reports and pictures of chests.

    DIR/mimic-cxr-2.0.0-chexpert.csv    subject_id, study_id, and for each finding 1.0, 0.0, -1.0 (uncertain) or nothing
    DIR/mimic-cxr-2.0.0-metadata.csv    dicom_id, subject_id, study_id, ViewPosition, and more that is not read
    DIR/mimic-cxr-2.0.0-split.csv       dicom_id, study_id, subject_id, split: train, validate or test
    DIR/files/p10/p10000032/s50414267.txt                   the report of a study
    DIR/files/p10/p10000032/s50414267/02aa804e-....jpg      the pictures of a study, by dicom_id

The tables may be compressed (`.csv.gz`). Tables and pictures are from MIMIC-CXR-JPG, the reports from MIMIC-CXR
(mimic-cxr-reports.zip, unpacked into the same folder).
Source: Johnson et al., "MIMIC-CXR, a de-identified publicly available database of chest radiographs with free-text
reports", Scientific Data 6, 2019; the labels by the CheXpert labeler (Irvin et al. 2019).
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.images import room_for_images
from idgen_compiler.data.reading.pictures import PictureFiles
from idgen_compiler.demo.radiology.patients import Patients
from idgen_compiler.errors import DataError, near_misses

__all__ = ["FINDINGS", "Study", "read_patients", "read_report", "read_studies"]

CHEXPERT, METADATA, SPLIT = (f"mimic-cxr-2.0.0-{name}.csv" for name in ("chexpert", "metadata", "split"))
FINDINGS = ("Pneumonia", "Pleural Effusion", "Atelectasis", "Lung Opacity")
"""N, E, A and L by the names of the table."""

FRONTAL = ("PA", "AP")
"""Views that are read; the first is preferred."""
SPLITS = ("train", "validate", "test")

_LABELS = {"": 0, "0.0": 0, "0": 0, "1.0": 1, "1": 1, "-1.0": -1, "-1": -1}
_SECTION = re.compile(r"^[ \t]*([A-Z][A-Z ,/()&-]{2,60}):", re.MULTILINE)
_READ = ("FINDINGS", "IMPRESSION")


@dataclass(frozen=True)
class Study:
    """One visit: its picture, its labels (N, E, A, L) and whether models may learn from it."""

    subject: str
    study: str
    dicom: str
    split: str
    labels: tuple[int, ...]

    @property
    def report(self) -> Path:
        """Where its report lies, below the folder."""
        return Path("files") / f"p{self.subject[:2]}" / f"p{self.subject}" / f"s{self.study}.txt"

    @property
    def picture(self) -> Path:
        """Where its picture lies, below the folder."""
        return self.report.with_suffix("") / f"{self.dicom}.jpg"


def read_studies(folder: Path) -> tuple[list[Study], Mapping[str, int]]:
    """The studies with a frontal picture and certain labels, in the order of the labels, and why others are left out.

    What a table has no label for counts as absent, as the labeler means it. One picture stands for a study: the first
    of its PA views, or else of its AP views.

    Raises DataError naming file, line and remedy for tables that are missing, damaged or contradict one another.
    """
    pictures = _frontal(folder)
    splits = {row["dicom_id"]: (where, row) for where, row in _rows(folder / SPLIT, ("dicom_id", "study_id", "split"))}
    studies, seen = [], set()
    left_out = {"no frontal picture": 0, "an uncertain label": 0}
    for where, row in _rows(folder / CHEXPERT, ("subject_id", "study_id", *FINDINGS)):
        subject, study = _number(where, row, "subject_id"), _number(where, row, "study_id")
        if study in seen:
            raise DataError(f"{where}: study {study} is labeled twice; fetch the file again")
        seen.add(study)
        labels = tuple(_label(where, name, row[name]) for name in FINDINGS)
        if (subject, study) not in pictures:
            left_out["no frontal picture"] += 1
            continue
        if -1 in labels:
            left_out["an uncertain label"] += 1
            continue
        dicom = pictures[subject, study]
        if dicom not in splits:
            raise DataError(f"{folder / SPLIT} has no line for the picture {dicom} of study {study}; fetch it again")
        place, line = splits[dicom]
        if line["study_id"] != study:
            raise DataError(f"{place}: picture {dicom} is of study {line['study_id']}, and of {study} in {METADATA}")
        if line["split"] not in SPLITS:
            raise DataError(f"{place}: the split {line['split']!r:.40} is none of {', '.join(SPLITS)}")
        studies.append(Study(subject, study, dicom, line["split"], labels))
    if not studies:
        raise DataError(
            f"{folder} has no study with a frontal picture and certain labels; are the tables of one release?"
        )
    return studies, left_out


def read_patients(folder: Path, studies: Sequence[Study], side: int) -> Patients:
    """Reports, labels and pictures of studies; pictures are the square in the middle, gray, of `side` pixels.

    Raises DataError for reports and pictures that are missing, damaged or empty.
    """
    for what, paths in (("reports", [s.report for s in studies]), ("pictures", [s.picture for s in studies])):
        missing = [path for path in paths if not (folder / path).is_file()]
        if missing:
            raise DataError(
                f"{folder} lacks {len(missing):,} of {len(paths):,} {what} that its tables name, such as {missing[0]}; "
                "get them all, or leave their lines out of the tables"
            )
    texts = np.empty(len(studies), dtype=object)
    texts[:] = [read_report(folder / study.report) for study in studies]
    labels = np.array([study.labels for study in studies], dtype=np.int64).reshape(-1, len(FINDINGS))
    return Patients(texts, labels[:, 0], labels[:, 1:], _pictures(folder, studies, side))


def read_report(path: Path) -> str:
    """Findings and impression of a report, or all of it where it names neither, with single spaces.

    Raises DataError for a file that is no text, or empty.
    """
    try:
        whole = path.read_text("utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is no text; fetch the report again") from None
    heads = list(_SECTION.finditer(whole))
    ends = [*(head.start() for head in heads[1:]), len(whole)][: len(heads)]
    parts = [
        whole[head.end() : end]
        for head, end in zip(heads, ends, strict=True)
        if any(name in head.group(1) for name in _READ)
    ]
    text = " ".join(" ".join(parts or [whole]).split())
    if not text:
        raise DataError(f"{path} is empty; fetch the report again, or leave its study out of the tables")
    return text


def _frontal(folder: Path) -> dict[tuple[str, str], str]:
    """(subject, study) -> the picture that stands for it."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    seen = set()
    for where, row in _rows(folder / METADATA, ("dicom_id", "subject_id", "study_id", "ViewPosition")):
        key = _number(where, row, "subject_id"), _number(where, row, "study_id")
        dicom = row["dicom_id"]
        if not re.fullmatch(r"[0-9A-Za-z-]+", dicom):
            raise DataError(f"{where}: {dicom!r:.80} is no dicom_id; fetch the file again")
        if dicom in seen:
            raise DataError(f"{where}: the picture {dicom} is named twice; fetch the file again")
        seen.add(dicom)
        if row["ViewPosition"] in FRONTAL:
            rank = FRONTAL.index(row["ViewPosition"]), dicom
            found[key] = min(found.get(key, rank), rank)
    return {key: dicom for key, (_, dicom) in found.items()}


def _rows(path: Path, needed: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where each line stands, and what it has by column."""
    packed = path.with_name(f"{path.name}.gz")
    source = path if path.is_file() or not packed.is_file() else packed
    try:
        held = source.read_bytes()
        raw = held if source is path else gzip.decompress(held)
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise DataError(f"{source} is no text; fetch it again") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{source} cannot be read ({getattr(error, 'strerror', None) or error}); --data is a folder with "
            f"{CHEXPERT}, {METADATA}, {SPLIT} and files/"
        ) from None
    rows = csv.reader(lines)
    names = next(rows, [])
    for name in needed:
        if name not in names:
            raise DataError(f"{source} has no column {name}{near_misses(name, names)}")
    for number, row in enumerate(rows, 2):
        if not row:
            continue
        if len(row) != len(names):
            raise DataError(f"{source}, line {number}: {len(row)} values for {len(names)} columns; fetch it again")
        yield f"{source}, line {number}", dict(zip(names, row, strict=True))


def _number(where: str, row: Mapping[str, str], name: str) -> str:
    if not re.fullmatch(r"[0-9]{2,12}", row[name]):
        raise DataError(f"{where}: {name} is {row[name]!r:.40}, no number; fetch the file again")
    return row[name]


def _label(where: str, name: str, text: str) -> int:
    if text not in _LABELS:
        raise DataError(f"{where}: {name} is {text!r:.40}; a label is 1.0, 0.0, -1.0 or empty")
    return _LABELS[text]


def _pictures(folder: Path, studies: Sequence[Study], side: int) -> NDArray[np.uint8]:
    """Shape: (n, 1, side, side)."""
    from PIL import Image

    files = PictureFiles()
    out = room_for_images(len(studies), (1, side, side))
    for k, study in enumerate(studies):
        with files.open("X", f"the picture {study.picture}", folder / study.picture) as image:
            short = min(image.size)
            left, top = (image.width - short) // 2, (image.height - short) // 2
            square = image.convert("L").crop((left, top, left + short, top + short))
            out[k, 0] = np.asarray(square.resize((side, side), Image.Resampling.BOX))
    return out

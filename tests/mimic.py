"""A small copy of MIMIC-CXR's layout, whose pictures are as bright as their labels say."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

CHEXPERT, METADATA, SPLIT = (f"mimic-cxr-2.0.0-{name}.csv" for name in ("chexpert", "metadata", "split"))

REPORT = """                                 FINAL REPORT
 EXAMINATION:  CHEST (PA AND LAT)

 INDICATION:  ___ year old with effusion?  // evaluate

 FINDINGS:

 {said}

 IMPRESSION:

 Study {study} as above.
"""


def tiny(folder: Path, count: int) -> Path:
    """`count` studies of three pictures; every tenth has a lateral one alone, every eleventh a label of -1."""
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    labels, views, splits = [], [], []
    for k in range(count):
        subject, study = 10_000_000 + k, 50_000_000 + k
        n, e, a, opaque = (int(value) for value in rng.random(4) < (0.4, 0.5, 0.5, 0.5))
        words = [f"{value:.1f}" if value or rng.random() < 0.5 else "" for value in (a, opaque, e, n)]
        if k % 11 == 7:
            words[1] = "-1.0"
        labels.append([subject, study, *words])
        place = folder / "files" / "p10" / f"p{subject}" / f"s{study}"
        place.mkdir(parents=True)
        said = ("A pleural effusion is seen." if e else "No pleural effusion.") + (" Atelectasis." if a else "")
        place.with_suffix(".txt").write_text(REPORT.format(said=said, study=study))
        taken = ("LATERAL",) if k % 10 == 9 else ("PA", "LATERAL", "AP")
        split = ("train", "train", "train", "validate", "test")[k % 5]
        for name, view in zip("abc", taken, strict=False):
            dicom = f"d{k}{name}"
            gray = np.clip(rng.normal(40 + 20 * (n + 2 * e + 4 * a), 2, (50 + k % 7, 44)), 0, 255).astype(np.uint8)
            image.fromarray(gray).save(place / f"{dicom}.jpg", quality=95)
            views.append([dicom, subject, study, "CHEST", view, *gray.shape])
            splits.append([dicom, study, subject, split])
    heads = ["subject_id", "study_id", "Atelectasis", "Lung Opacity", "Pleural Effusion", "Pneumonia"]
    _write(folder / CHEXPERT, heads, labels)
    heads = [
        "dicom_id",
        "subject_id",
        "study_id",
        "PerformedProcedureStepDescription",
        "ViewPosition",
        "Rows",
        "Columns",
    ]
    _write(folder / METADATA, heads, views)
    _write(folder / SPLIT, ["dicom_id", "study_id", "subject_id", "split"], splits)
    return folder


def _write(path: Path, heads: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([heads, *rows])

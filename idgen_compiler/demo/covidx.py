"""Chest X-rays with labels, as COVIDx is handed out: C for COVID-19, N for pneumonia, X the picture.

The folder has, for the split `train` (and likewise `test`):

- `train/`: the pictures, PNG or JPEG of any size (kaggle.com/datasets/andyczhao/covidx-cxr2);
- `train.txt`: a line for each picture, `patient file label source`, the label `positive` or `negative` for COVID-19;
- `train_COVIDx9A.txt`: such lines with the label `normal`, `pneumonia` or `COVID-19`
  (github.com/giocoal/CXR-ACGAN-chest-xray-generator-covid19-pneumonia, folder of labels).

A picture's N is 1 where the second file says pneumonia or COVID-19, which COVIDx defines as pneumonia of that cause.
Pictures that only one file names are left out. So labeled, N follows from C = 1; of the pictures with C = 0, .407 have
N = 1, which is the .406 of the paper (Table 4, no latent), whose .951 for C = 1 these two files do not explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idgen_compiler.data.arrays import Pictures
from idgen_compiler.demo.chest import Patients
from idgen_compiler.errors import DataError

__all__ = ["Labels", "read_labels", "read_patients"]

POSITIVE: dict[str, int] = {"negative": 0, "positive": 1}
PNEUMONIA: dict[str, int] = {"normal": 0, "pneumonia": 1, "COVID-19": 1}
_COVID = "COVID-19"

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Labels:
    """Pictures by file name, with their labels.  Shape of `infected` and `found`: (pictures,).

    `left_out` counts pictures that only one of the two files names.
    """

    files: tuple[str, ...]
    infected: Codes
    found: Codes
    left_out: int


def read_labels(folder: Path, split: Literal["train", "test"] = "train") -> Labels:
    """The labels of a split.

    Raises DataError naming the file and line for one that is missing, damaged or at odds with the other file.
    """
    infected = _read(folder / f"{split}.txt", POSITIVE)
    written = _read(folder / f"{split}_COVIDx9A.txt", PNEUMONIA)
    both = [name for name in infected if name in written]
    for name in both:
        if (infected[name] == "positive") != (written[name] == _COVID):
            raise DataError(
                f"{name} is {infected[name]} in {split}.txt and {written[name]} in {split}_COVIDx9A.txt of {folder}; "
                "take both files from one release"
            )
    if not both:
        raise DataError(f"{split}.txt and {split}_COVIDx9A.txt of {folder} name no picture in common")
    return Labels(
        tuple(both),
        np.asarray([POSITIVE[infected[name]] for name in both], dtype=np.int64),
        np.asarray([PNEUMONIA[written[name]] for name in both], dtype=np.int64),
        len(infected.keys() | written.keys()) - len(both),
    )


def read_patients(
    folder: Path, rows: int, side: int, seed: int, split: Literal["train", "test"] = "train"
) -> tuple[Patients, Labels]:
    """Random pictures of a split, so many or all there are, gray and `side` x `side`; and the labels of all.

    Raises DataError as `read_labels` does, and for a picture that is missing or damaged.
    """
    labels = read_labels(folder, split)
    chosen = np.random.default_rng(seed).permutation(len(labels.files))[:rows]
    pictures = folder / split
    missing = [labels.files[k] for k in chosen if not (pictures / labels.files[k]).is_file()]
    if missing:
        raise DataError(
            f"{pictures} lacks {len(missing):,} of {len(chosen):,} pictures that {split}.txt names, such as "
            f"{missing[0]}; get them all, or leave their lines out of {split}.txt"
        )
    x = np.stack([_picture(pictures / labels.files[k], side) for k in chosen])
    return Patients(labels.infected[chosen], x, labels.found[chosen]), labels


def _read(file: Path, known: dict[str, int]) -> dict[str, str]:
    """File name of a picture -> its label."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise DataError(f"{file} is no text; give the label file of COVIDx") from None
    except OSError as error:
        raise DataError(
            f"{file} cannot be read ({error.strerror}); --data is a folder with train.txt, train_COVIDx9A.txt and the "
            "pictures in train/"
        ) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fields = line.split()
        if len(fields) != 4:
            raise DataError(f"{file}, line {number}: {len(fields)} fields, not the 4 of `patient file label source`")
        _, name, label, _ = fields
        if label not in known:
            raise DataError(f"{file}, line {number}: the label {label!r:.40} is none of {', '.join(known)}")
        if Path(name).name != name:
            raise DataError(f"{file}, line {number}: {name!r:.80} is a path, not the name of a file")
        if found.setdefault(name, label) != label:
            raise DataError(f"{file}, line {number}: {name} is {label}, and {found[name]} before; keep one")
    if not found:
        raise DataError(f"{file} is empty; give the label file of COVIDx")
    return found


def _picture(file: Path, side: int) -> Pictures:
    """One picture.  Shape: (1, side, side) bytes."""
    from PIL import Image

    try:
        with Image.open(file) as image:
            if image.mode[0] in "IF":
                raise DataError(f"{file} has more than 8 bits a pixel ({image.mode}); scale it to 8 and save it again")
            image.draft("L", (2 * side, 2 * side))  # JPEG alone: decoded small, which is quicker
            gray = image.convert("L").resize((side, side), Image.Resampling.BOX)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{file} cannot be read as a picture ({error}); get it again") from None
    return np.asarray(gray, dtype=np.uint8)[None]

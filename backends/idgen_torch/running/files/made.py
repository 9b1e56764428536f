"""What artefacts hold: trained models and rows of laws, and how they are read back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record
from idgen_compiler.hinge.calibration import Calibration
from idgen_compiler.hinge.diagnostics import Curve
from idgen_torch.entries import checked_keys
from idgen_torch.families import ConditionalModel
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.files.models import read_model
from idgen_torch.running.laws import Contracted

__all__ = ["FILE", "Drawn", "Trained", "model_reader", "rows_read"]

FILE = "tensors"
"""The file of an artefact that holds numbers."""


class Trained(NamedTuple):
    """A model, the least loss of each of its fits, how its classifiers were calibrated, its key, and its curves."""

    model: ConditionalModel
    losses: dict[str, float]
    calibration: tuple[Calibration, ...]
    key: str = ""
    curves: tuple[Curve, ...] = ()


class Drawn(NamedTuple):
    """Rows of a law, what was said of them, and at which places (see `Watch`)."""

    data: DataSet | Contracted
    said: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Told:
    calibration: tuple[Calibration, ...]
    curves: tuple[Curve, ...]


def model_reader(
    key: str, targets: Sequence[Part], inputs: Sequence[Part], device: torch.device
) -> Callable[[Path, Any], Trained]:
    """What reads a model of these parts."""

    def read(folder: Path, record: Any) -> Trained:
        record = {"curves": [], **record} if isinstance(record, dict) else record  # older ones have none
        checked_keys("its record", record, {"model", "losses", "calibration", "curves"})
        losses = _losses(record["losses"])
        told = {"calibration": record["calibration"], "curves": record["curves"]}
        found = read_record(_Told, told, "what it tells of its training", DataError)
        model = read_model(folder, FILE, record["model"], targets, inputs, device)
        return Trained(model, losses, found.calibration, key, found.curves)

    return read


def rows_read(device: torch.device, folder: Path, record: Any) -> Drawn:
    """Rows of a law as a folder holds them."""
    checked_keys("its record", record, {"count", "said", "places"})
    tensors = safetensors.torch.load_file(folder / f"{FILE}.safetensors")
    rows: Values = {name.removeprefix("rows."): values for name, values in tensors.items()}
    count, told = record["count"], (record["said"], record["places"])
    if type(count) is not int or {len(values) for values in rows.values()} != {count}:
        raise DataError(f"it has rows of other numbers than {count!r:.40}")
    if not all(isinstance(texts, list) and all(isinstance(text, str) for text in texts) for texts in told):
        raise DataError("what was said of it are no texts")
    return Drawn(DataSet(rows, count).to(device), *map(tuple, told))


def _losses(saved: Any) -> dict[str, float]:
    """The held-out loss of each fit.  Raises DataError for anything else."""
    if not isinstance(saved, dict) or not all(type(v) is float and math.isfinite(v) for v in saved.values()):
        raise DataError(f"its losses are {saved!r:.80}, not a finite number for each fit")
    return saved

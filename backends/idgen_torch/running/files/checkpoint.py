"""Trained models kept on disk as they are done, so that an interrupted fit resumes."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from idgen_compiler.data.atomic import check_room, sweep, write_atomically
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.hinge.calibration import Calibration
from idgen_compiler.hinge.saved import read_json
from idgen_torch.entries import checked_keys
from idgen_torch.families import ConditionalModel
from idgen_torch.running.files.models import read_model, write_model
from idgen_torch.training.state import remove_scratch, scratch_file

__all__ = ["Checkpoint"]


class Checkpoint:
    """The models of one fit in a folder of their own, named by a digest of everything that the fit depends on."""

    def __init__(self, folder: str | Path, **depends_on: Any) -> None:
        if not isinstance(folder, str | Path):
            raise DataError(f"checkpoint is {folder!r:.80}; give a folder")
        digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=str).encode()).hexdigest()
        self.folder = Path(folder) / digest[:20]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(
                f"checkpoint={str(folder)!r} cannot be made a folder ({error.strerror}); choose another"
            ) from None
        sweep(self.folder)
        check_room(self.folder / "trial")

    def read(
        self, name: str, targets: Sequence[Part], inputs: Sequence[Part], device: torch.device
    ) -> tuple[ConditionalModel, dict[str, float], tuple[Calibration, ...]] | None:
        """The model of that name with its held-out losses and calibrations, or None when it was not trained yet.

        Raises DataError when it is there but is not what was written.
        """
        path = self.folder / f"{name}.json"
        if not path.exists():
            return None
        try:
            saved = checked_keys(str(path), read_json(path), {"model", "losses", "calibration"})
            losses = _losses(saved["losses"])
            calibration = read_record(
                _Calibrations, {"found": saved["calibration"]}, "its calibration", DataError
            ).found
            return read_model(self.folder, name, saved["model"], targets, inputs, device), losses, calibration
        except DataError as error:
            raise DataError(f"the checkpoint {path} cannot be resumed ({error}); delete {self.folder}") from error

    def scratch(self, name: str) -> Path:
        """The file for the state of a training that is under way; gone once the model is there."""
        return scratch_file(self.folder, name)

    def forget(self, name: str) -> None:
        """Delete the state of a training whose model was refused, so that the next fit does not go on from it."""
        remove_scratch(self.folder, name)

    def write(
        self, name: str, model: ConditionalModel, losses: dict[str, float], calibration: Sequence[Calibration] = ()
    ) -> None:
        """Keep a trained model."""
        record = write_model(self.folder, name, model)
        # The JSON comes last: where it is, the tensors are whole.
        content = json.dumps({"model": record, "losses": losses, "calibration": to_plain(tuple(calibration))}, indent=2)
        write_atomically(self.folder / f"{name}.json", content.encode())
        remove_scratch(self.folder, name)


@dataclass(frozen=True)
class _Calibrations:
    found: tuple[Calibration, ...]


def _losses(saved: Any) -> dict[str, float]:
    """The held-out loss of each fit.  Raises DataError for anything else."""
    if not isinstance(saved, dict) or not all(type(v) is float and math.isfinite(v) for v in saved.values()):
        raise DataError(f"its losses are {saved!r:.80}, not a finite number for each fit")
    return saved

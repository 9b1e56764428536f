"""What a fit takes from a store and gives to it, under the digest of what determines it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, DataWarning, OverlapWarning
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.hinge.calibration import Calibration
from idgen_compiler.store import Artefact, Store, key_of
from idgen_compiler.warning import overheard, warn_user
from idgen_torch.entries import checked_keys
from idgen_torch.families import ConditionalModel, Family, SeedNoise, Task
from idgen_torch.families.saved import read_recipe, recipe_record
from idgen_torch.observed import fingerprint
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.files.models import read_model, write_model
from idgen_torch.running.laws import Contracted
from idgen_torch.warning import LawWarning, NoiseWarning

__all__ = [
    "BETTER",
    "CHOICE",
    "DATA",
    "MODEL",
    "TRIED",
    "VERDICT",
    "Artefacts",
    "Drawn",
    "NotMade",
    "Trained",
    "Verdict",
]

R = TypeVar("R")

MODEL, CHOICE, VERDICT, DATA = "model", "choice", "verdict", "data"
"""The kinds of artefacts: a trained model, which family a model gets, how one turned out, rows of a law."""

_WARNINGS = {kind.__name__: kind for kind in (DataWarning, LawWarning, NoiseWarning, OverlapWarning)}

BETTER, TRIED = "better", "tried"

_FILE = "tensors"
_STATE = ".training.safetensors"


class Trained(NamedTuple):
    """A model, the held-out loss of each of its fits, how its classifiers were calibrated, and its key in a store."""

    model: ConditionalModel
    losses: dict[str, float]
    calibration: tuple[Calibration, ...]
    key: str = ""


@dataclass(frozen=True)
class Verdict:
    """How a model turned out: whether it was trained again, where it disagrees with its rows, and its seed noise.

    again: empty, `BETTER` where the second training was taken, and `TRIED` where it was no better.
    """

    again: str = ""
    disagreements: tuple[str, ...] = ()
    noise: tuple[SeedNoise, ...] = ()


class NotMade(Exception):
    """Something that is not in the store, where it was only asked for: its kind, title, and what determines it."""

    def __init__(self, kind: str, title: str, depends: Mapping[str, Any]) -> None:
        super().__init__(title)
        self.kind, self.title, self.depends = kind, title, depends


class Drawn(NamedTuple):
    """Rows of a law, what was said of them, and at which places (see `Watch`)."""

    data: DataSet | Contracted
    said: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Artefacts:
    """The artefacts of one fit. `base` is what all of them depend on, `policies` are the laws that the fit was given.

    Where this is only `planning`, nothing is made, and what is not there raises `NotMade`.
    """

    store: Store
    base: Mapping[str, Any]
    policies: Mapping[str, Any] = field(default_factory=dict)
    planning: bool = False
    _seen: WeakIdKeyDictionary = field(default_factory=WeakIdKeyDictionary, repr=False)

    def task(self, task: Task) -> dict[str, Any]:
        """What tells a task from others: its parts, their values, weights, and what is asked of the model."""
        return {
            "targets": [to_plain(part) for part in task.targets],
            "inputs": [to_plain(part) for part in task.inputs],
            "count": task.count,
            "rows": {part.name: self.digest(task.rows[part.name]) for part in task.parts},
            "weights": None if task.weights is None else self.digest(task.weights),
            "likelihood": task.likelihood,
            "exact": task.exact,
        }

    def digest(self, values: Tensor) -> str:
        """The digest of a column; it is read once."""
        if values not in self._seen:
            self._seen[values] = fingerprint({"": values})
        return str(self._seen[values])

    def key(self, kind: str, depends: Mapping[str, Any]) -> str:
        """The key of what depends on this, and on what all depend on."""
        return key_of(kind, {**self.base, **depends})

    def model(
        self,
        label: str,
        depends: Mapping[str, Any],
        task: Task,
        device: torch.device,
        train: Callable[[Path], Trained],
    ) -> Trained:
        """The model that depends on this, trained if nobody has trained it; `train` gets a file for its state."""
        key = self.key(MODEL, depends)

        def make() -> Trained:
            return train(self.store.state(key, _STATE))._replace(key=key)

        def write(trained: Trained, folder: Path) -> Mapping[str, Any]:
            record = write_model(folder, _FILE, trained.model)
            return {"model": record, "losses": trained.losses, "calibration": to_plain(trained.calibration)}

        return self._once(MODEL, label, depends, make, write, _reader(key, task.targets, task.inputs, device))

    def known_model(
        self, key: str, targets: Sequence[Part], inputs: Sequence[Part], device: torch.device
    ) -> ConditionalModel:
        """The model of a key.  Raises DataError where it is not there."""
        return self._read(self._there(key), _reader(key, targets, inputs, device)).model

    def forget_state(self, depends: Mapping[str, Any]) -> None:
        """Delete the state of a training whose model was refused, so that the next fit does not go on from it."""
        self.store.settled(self.key(MODEL, depends))

    def choice(self, label: str, depends: Mapping[str, Any], choose: Callable[[], Family]) -> Family:
        """The recipe that was chosen for a task."""
        return self._once(
            CHOICE,
            label,
            depends,
            choose,
            lambda recipe, _: recipe_record(recipe),
            lambda _, record: read_recipe(record),
        )

    def verdict(self, label: str, depends: Mapping[str, Any], judge: Callable[[], Verdict]) -> Verdict:
        """How a model turned out."""
        return self._once(
            VERDICT,
            label,
            depends,
            judge,
            lambda verdict, _: to_plain(verdict),
            lambda _, record: read_record(Verdict, record, "its verdict", DataError),
        )

    def rows(self, label: str, depends: Mapping[str, Any], device: torch.device, draw: Callable[[], Drawn]) -> Drawn:
        """Rows of a law, with what was said of them."""

        def write(made: Drawn, folder: Path) -> Mapping[str, Any]:
            rows = made.data.of(()).rows
            whole = {f"rows.{name}": values.detach().cpu().contiguous() for name, values in rows.items()}
            safetensors.torch.save_file(whole, folder / f"{_FILE}.safetensors")
            return {"count": made.data.of(()).count, "said": list(made.said), "places": list(made.places)}

        return self._once(DATA, label, depends, draw, write, partial(_rows_read, device))

    def known_rows(self, key: str, device: torch.device) -> DataSet:
        """The rows of a key.  Raises DataError where they are not there."""
        return self._read(self._there(key), partial(_rows_read, device)).data.of(())

    def _there(self, key: str) -> Artefact:
        artefact = self.store.find(key)
        if artefact is None:
            raise DataError(f"{key[:12]} was deleted from {self.store.where} while it was needed; fit again")
        return artefact

    def _once(
        self,
        kind: str,
        label: str,
        depends: Mapping[str, Any],
        make: Callable[[], R],
        write: Callable[[R, Path], Mapping[str, Any]],
        read: Callable[[Path, Any], R],
    ) -> R:
        """What is in the store, or what is made now and kept there; whoever comes second waits for the first."""
        whole = {**self.base, **depends}
        key = key_of(kind, whole)
        artefact = self.store.find(key)
        if artefact is None and self.planning:
            raise NotMade(kind, label, whole)
        if artefact is None:
            with self.store.claimed(key) as mine:
                if mine:
                    began = time.perf_counter()
                    with overheard() as said:
                        made = make()
                    warned = [[category.__name__, text] for category, text in said]

                    def written(folder: Path) -> Mapping[str, Any]:
                        return {"made": write(made, folder), "warned": warned}

                    self.store.keep(kind, label, whole, written, time.perf_counter() - began)
                    self.store.settled(key)
                    return made
            artefact = self.store.find(key)
        if artefact is None:
            raise DataError(f"{label} was deleted from {self.store.where} while it was waited for; fit again")
        return self._read(artefact, read)

    def _read(self, artefact: Artefact, read: Callable[[Path, Any], R]) -> R:
        try:
            record = checked_keys("its record", dict(artefact.record), {"made", "warned"})
            with self.store.opened(artefact) as folder:
                found = read(folder, record["made"])
            for category, text in record["warned"]:
                warn_user(text, _WARNINGS[category])
            return found
        except (DataError, OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{artefact.title} in the store {self.store.where} cannot be read ({error}); "
                f"`idgen store verify` lists what is damaged; delete it by `idgen store gc --damaged`"
            ) from error


@dataclass(frozen=True)
class _Calibrations:
    found: tuple[Calibration, ...]


def _reader(
    key: str, targets: Sequence[Part], inputs: Sequence[Part], device: torch.device
) -> Callable[[Path, Any], Trained]:
    """What reads a model of these parts."""

    def read(folder: Path, record: Any) -> Trained:
        checked_keys("its record", record, {"model", "losses", "calibration"})
        losses = _losses(record["losses"])
        told = read_record(_Calibrations, {"found": record["calibration"]}, "its calibration", DataError).found
        return Trained(read_model(folder, _FILE, record["model"], targets, inputs, device), losses, told, key)

    return read


def _rows_read(device: torch.device, folder: Path, record: Any) -> Drawn:
    """Rows of a law as a folder holds them."""
    checked_keys("its record", record, {"count", "said", "places"})
    tensors = safetensors.torch.load_file(folder / f"{_FILE}.safetensors")
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

"""What a fit takes from a store and gives to it, under the digest of what determines it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import safetensors.numpy
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError, DataWarning, OverlapWarning, StoreWarning
from idgen_compiler.forms.record import read_record, to_plain
from idgen_compiler.store import Artefact, Store, key_of
from idgen_compiler.warning import overheard, warn_user
from idgen_torch.entries import checked_keys
from idgen_torch.estimating import Fitted
from idgen_torch.estimating.written import Written, fitted_of, written
from idgen_torch.families import ConditionalModel, Family, SeedNoise, Task
from idgen_torch.families.saved import read_recipe, recipe_record
from idgen_torch.observed import fingerprint
from idgen_torch.recurring import Places, Recurring
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.files.code import encoder_digest, network_digests
from idgen_torch.running.files.made import FILE, Drawn, Trained, model_reader, rows_read
from idgen_torch.running.files.models import write_model
from idgen_torch.running.files.stale import Stale
from idgen_torch.warning import LawWarning, NoiseWarning

__all__ = [
    "BETTER",
    "CHOICE",
    "DATA",
    "FINISHED",
    "MODEL",
    "NUISANCE",
    "TRIED",
    "VERDICT",
    "WEIGHTS",
    "Artefacts",
    "Drawn",
    "NotMade",
    "Trained",
    "Verdict",
]

R = TypeVar("R")
F = TypeVar("F", bound=Fitted)

MODEL, CHOICE, VERDICT, DATA = "model", "choice", "verdict", "data"
NUISANCE, WEIGHTS = "nuisance", "weights"
"""The kinds of artefacts: a trained model, which family a model gets, how one turned out, rows of a law, what estimates
learn, and how much rows count."""

_WARNINGS = {kind.__name__: kind for kind in (DataWarning, LawWarning, NoiseWarning, OverlapWarning)}

BETTER, TRIED, FINISHED = "better", "tried", "finished"

_STATE, _TENSORS = ".training.safetensors", f"{FILE}.safetensors"


@dataclass(frozen=True)
class Verdict:
    """How a model turned out: whether it was trained again, where it disagrees with its rows, and its seed noise.

    again: empty, `BETTER` where the second training was taken, `TRIED` where it was no better, and `FINISHED` where the
    model only went on by the steps that it had kept back itself.
    """

    again: str = ""
    disagreements: tuple[str, ...] = ()
    noise: tuple[SeedNoise, ...] = ()


class NotMade(Exception):
    """Something that is not in the store, where it was only asked for: its kind, title, and what determines it."""

    def __init__(self, kind: str, title: str, depends: Mapping[str, Any]) -> None:
        super().__init__(title)
        self.kind, self.title, self.depends = kind, title, depends


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
    _encoders: dict[str, str | None] = field(default_factory=dict, repr=False)

    @cached_property
    def stale(self) -> Stale:
        """What is made again although something of its name is there."""
        return Stale(self.store)

    def on(self, device: torch.device) -> Artefacts:
        """The artefacts of a fit on another device."""
        return replace(self, base={**self.base, "device": device.type})

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
            **({"code": code} if (code := self._code(task)) else {}),
        }

    def _code(self, task: Task) -> dict[str, str]:
        """What tells somebody's own code that the task rests on from other code of its name."""
        found = network_digests(task)
        for part in task.parts:
            if (encoder := getattr(part, "encoder", None)) and encoder not in self._encoders:
                self._encoders[encoder] = encoder_digest(part)
            if encoder and (told := self._encoders[encoder]) is not None:
                found[encoder] = told
        return found

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
            record = write_model(folder, FILE, trained.model)
            return {
                "model": record,
                "losses": trained.losses,
                "calibration": to_plain(trained.calibration),
                "curves": to_plain(trained.curves),
            }

        return self._once(MODEL, label, depends, make, write, model_reader(key, task.targets, task.inputs, device))

    def known_model(
        self, key: str, targets: Sequence[Part], inputs: Sequence[Part], device: torch.device
    ) -> ConditionalModel:
        """The model of a key.  Raises DataError where it is not there."""
        return self._read(self._there(key), model_reader(key, targets, inputs, device)).model

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
            safetensors.torch.save_file(whole, folder / _TENSORS)
            return {"count": made.data.of(()).count, "said": list(made.said), "places": list(made.places)}

        return self._once(DATA, label, depends, draw, write, partial(rows_read, device))

    def piece(self, depends: Sequence[Mapping[str, Any]], device: torch.device, number: int) -> Drawn | None:
        """One piece of the rows of a law, each of which depends on its own; None where nobody has drawn it."""
        artefact = self.store.find(self.key(DATA, depends[number]))
        return None if artefact is None else self._read(artefact, partial(rows_read, device))

    def forget_pieces(self, depends: Sequence[Mapping[str, Any]]) -> None:
        """Delete the pieces of rows, once these are there as a whole."""
        for each in depends:
            if (key := self.key(DATA, each)) in self.store:
                self.store.forget(key)

    def known_rows(self, key: str, device: torch.device) -> DataSet:
        """The rows of a key.  Raises DataError where they are not there."""
        return self._read(self._there(key), partial(rows_read, device)).data.of(())

    def _there(self, key: str) -> Artefact:
        artefact = self.store.find(key)
        if artefact is None:
            raise DataError(f"{key[:12]} was deleted from {self.store.where} while it was needed; fit again")
        return artefact

    def column(self, label: str, depends: Mapping[str, Any], make: Callable[[], Tensor]) -> Tensor:
        """A number for each row, such as the logarithm of its weight.  Shape: (rows,), on the CPU.

        A plan works out what is not there, since that takes no training.
        """
        if self.planning and self.key(WEIGHTS, depends) not in self.store:
            return make()

        def write(made: Tensor, folder: Path) -> Mapping[str, Any]:
            few = made.values if isinstance(made, Recurring) else made
            held = {"column": few, **({"places": made.places.index} if isinstance(made, Recurring) else {})}
            safetensors.torch.save_file({n: own.cpu().contiguous() for n, own in held.items()}, folder / _TENSORS)
            return {}

        def read(folder: Path, record: Any) -> Tensor:
            checked_keys("its record", record, set())
            held = safetensors.torch.load_file(folder / _TENSORS)
            few, places = held["column"], held.get("places")
            return few if places is None else Recurring(few, Places(places, len(few)))

        return self._once(WEIGHTS, label, depends, make, write, read)

    def nuisance(self, label: str, depends: Mapping[str, Any], learn: Callable[[], F]) -> F:
        """What an estimate learns; it depends on what it is learned from alone."""

        def write(made: F, folder: Path) -> Mapping[str, Any]:
            plain = written(made)
            safetensors.numpy.save_file(dict(plain.arrays), folder / _TENSORS)
            return {"objects": plain.objects}

        def read(folder: Path, record: Any) -> Any:
            objects = checked_keys("its record", record, {"objects"})["objects"]
            return fitted_of(Written(objects, safetensors.numpy.load_file(folder / _TENSORS)))

        return replace(self, base={})._once(NUISANCE, label, depends, learn, write, read)

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
                    if kind == MODEL:
                        self.stale.note(label, whole)
                    began = time.perf_counter()
                    with overheard() as said:
                        made = make()
                    warned = [[c.__name__, text] for c, text in said if c.__name__ in _WARNINGS]

                    def written(folder: Path) -> Mapping[str, Any]:
                        return {"made": write(made, folder), "warned": warned}

                    with self._able(label):
                        self.store.keep(kind, label, whole, written, time.perf_counter() - began)
                        self.store.settled(key)
                    return made
            artefact = self.store.awaited(key)
        if artefact is None:
            raise DataError(f"{label} was deleted from {self.store.where} while it was waited for; fit again")
        return self._read(artefact, read)

    @contextmanager
    def _able(self, label: str) -> Iterator[None]:
        """A full disk costs what is kept, never what was made: it is told of, and the fit goes on."""
        try:
            yield
        except (DataError, OSError, SafetensorError) as error:
            if isinstance(error, DataError) and not isinstance(error.__cause__, OSError):
                raise
            warn_user(
                f"{label} is not kept in the store ({error}); the fit goes on, and makes it again another time",
                StoreWarning,
            )

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

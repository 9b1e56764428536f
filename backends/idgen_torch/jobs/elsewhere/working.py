"""What a worker does: one operation of a fit, for the artefacts that it leaves in the store."""

from __future__ import annotations

import math
import socket
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from idgen_compiler.errors import PlaceError
from idgen_compiler.execute.telling import tell
from idgen_compiler.ir.analysis import specialized, uses
from idgen_compiler.ir.operations import Operation, Realize, Regenerate, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.store.files import Files
from idgen_compiler.store.place import files_of
from idgen_compiler.warning import quietly
from idgen_torch.arithmetic import one_thread, our_arithmetic
from idgen_torch.families import ConditionalModel, Task
from idgen_torch.families.family import Helpers
from idgen_torch.jobs.elsewhere.helping import Asking, help_others
from idgen_torch.jobs.elsewhere.sent import RECORD, ROWS, Sent
from idgen_torch.nets.own import known_networks
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.files.made import Drawn
from idgen_torch.running.fitting import Fitting
from idgen_torch.running.plan import asked_for
from idgen_torch.running.regenerating import Regenerated
from idgen_torch.training.crew import Crew

__all__ = ["Made", "kept_key", "make"]


Made = dict[str, Any]
"""keys: operation -> the key of what the store has.  told: which places without rows were told of."""


def make(
    where: tuple[str, str],
    files: tuple[str, str],
    operation: str,
    looks: bool,
    spare: dict[str, int] | None,
    share: tuple[int, int] | None,
    known: Made,
    *made: Made,
) -> Made:
    """Realize one operation of a program; what the store has of it and of what it rests on.

    Of several workers that share it the first does so, and the others train along.

    where: the folder or store, and the name in it, where `Sent` is.  files: of the program as the fit has it, and with
    one way for each law.  share: of the rows of a law the pieces from one number up to another, which are left in the
    store; None for all.  known, made: what others have made.  looks: whether rows are told of that ask models where
    they were not taught.  spare: the steps that other models left; None where that is not known yet, and whoever may
    need them is only trained as at first.
    """
    sent = _sent(*where)
    keys, told = dict(known["keys"]), set(known["told"])
    for each in made:
        keys |= each["keys"]
        told |= set(each["told"])
    whole, walked = (_program(*where, name) for name in files)
    crew, post = Crew.joined(), (_files(where[0]), where[1])
    with our_arithmetic(gradients=True), one_thread(sent.small), known_networks(sent.networks), quietly():
        # Whoever takes the artefact says what was warned of when it was made.
        if not crew.first:
            help_others(crew, sent, *post)
            return {"keys": {}, "told": []}
        helpers = None if crew.size == 1 else Asking(crew, sent, *post)
        working = _Working(sent, whole, keys, told, looks, spare, None if share is None else range(*share), helpers)
        found = working.make(walked, operation)
        crew.say("")
        return found


@lru_cache(maxsize=1)
def _sent(base: str, name: str) -> Sent:
    """A fit, read once by each worker."""
    with _files(base).folder(name, (ROWS, RECORD)) as folder:
        try:
            return Sent.read(folder)
        except FileNotFoundError as error:
            raise _unseen(base) from error


@lru_cache(maxsize=4)
def _program(base: str, name: str, file: str) -> Program:
    return Program.from_json(_files(base).read(f"{name}/{file}").decode())


def _files(base: str) -> Files:
    """The folder or store where a fit was sent, which another machine may not see."""
    if "://" not in base and not Path(base).is_dir():
        raise _unseen(base)
    return files_of(base)


def _unseen(base: str) -> PlaceError:
    return PlaceError(
        f"the worker on {socket.gethostname()} does not see {base}; give store= a folder that all machines mount, or a "
        "URL such as s3://bucket/store"
    )


def kept_key(op: Operation, value: Any, keys: Mapping[str, str], law: str) -> str | None:
    """The key by which a store has what an operation came to; None for what is made again where it is needed.

    law: the digest of the operation, by which `keys` are.
    """
    kept = isinstance(op, Train) or (
        isinstance(op, Realize) and isinstance(op.ways[0], Regenerate) and isinstance(value, DataSet)
    )
    return keys.get(law) if kept else None


class _Telling:
    """Progress that tells whoever gave the work."""

    def start(self, name: str, total: int) -> None:
        """See `Progress`."""
        tell({"start": name, "total": total})

    def advance(self, loss: float) -> None:
        """See `Progress`."""
        tell({"advance": None if math.isnan(loss) else loss})

    def done(self) -> None:
        """See `Progress`."""
        tell({"done": True})


class _Working(Fitting):
    """Realizes operations from what the store has; `known`: operation -> the key of what others have made."""

    def __init__(
        self,
        sent: Sent,
        program: Program,
        known: dict[str, str],
        told: set[str],
        looks: bool,
        spare: Mapping[str, int] | None,
        share: range | None = None,
        helpers: Helpers | None = None,
    ) -> None:
        parts = (sent.program, sent.schema, sent.observed, sent.settings, _Telling(), sent.artefacts)
        super().__init__(*parts, named=sent.named)
        self.program, self._made, self._artefacts, self._looks = program, known, sent.artefacts, looks
        self._share, self._target = share, ""
        self._trainer = replace(self._trainer, ahead=spare is None, spare=dict(spare or {}), helpers=helpers)
        self._unseen.told.update(told)

    def make(self, program: Program, operation: str) -> Made:
        """See `make`."""
        self._operations, self._target = (operations := specialized(program.operations)), operation
        laws = self._begin(program)
        target = next(op for op in operations if op.result == operation)
        watched = uses(target) if self._looks and isinstance(target, Realize) else frozenset[str]()
        needed = {operation}
        for op in reversed(operations):
            if op.result in watched and isinstance(op, Train):
                needed.add(op.data)
            if op.result in needed and op.result not in self._made:
                needed |= uses(op)
        values: dict[str, Any] = {}
        for op in operations:
            if op.result in needed:
                values[op.result] = self.realize(op, values)
                self._note(op, values[op.result], laws[op.result])
                if op.result in watched and isinstance(op, Train):
                    data = values[op.data].of((*op.targets, *op.inputs))
                    self._unseen.look_at(self.program, op, self._schema.parts(*op.inputs), data)
            if op is target:
                break
        if self._share is not None:
            return {"keys": {}, "told": []}  # whoever puts the pieces together tells of them
        return {"keys": self._made, "told": sorted(self._unseen.told)}

    def _drawn(self, op: Realize, values: Mapping[str, Any], law: Regenerated) -> Drawn:
        """Rows of a law; of one that is shared this worker's pieces, which are left in the store."""
        if self._share is None or op.result != self._target or self._keys is None:
            return super()._drawn(op, values, law)
        if self._share.start:
            law.watch.lookouts = {}  # what is asked of models is looked at in the first piece
        self._keys.share(op, values, law.piece, law.told, law.pieces, self._share)
        return Drawn(DataSet({}, law.count))

    def _note(self, op: Operation, value: Any, law: str) -> None:
        known = {} if self._keys is None else self._keys.known
        if (key := kept_key(op, value, known, law)) is not None:
            self._made[op.result] = key

    def _train(self, op: Train, data: DataSet) -> ConditionalModel:
        """A model; the weights of its rows, if it has any, are those of the first that is asked in the same way."""
        asked = asked_for(self.program, op)
        for other in () if asked is None else self._operations:
            if other is op:
                break
            if isinstance(other, Train) and other.data == op.data and asked_for(self.program, other) == asked:
                parts = (self._schema.parts(*other.targets), self._schema.parts(*other.inputs))
                recipe = self._requested.get(other.result)
                recipe = recipe or self._trainer.choose(Task(*parts, data.rows, data.weights))
                if recipe.emphasis:
                    self._emphasis.weights(self.program, other, data, recipe.emphasis)
        return super()._train(op, data)

    def realize(self, op: Operation, values: Mapping[str, Any]) -> Any:
        """The value of an operation; what others have made is read."""
        key = self._made.get(op.result)
        if key is None or self._keys is None:
            return super().realize(op, values)
        self._keys.note(op.result, key)
        device = self.settings.device
        if isinstance(op, Train):
            parts = (self._schema.parts(*op.targets), self._schema.parts(*op.inputs))
            return self._artefacts.known_model(key, *parts, device)
        return self._artefacts.known_rows(key, device)

"""Filling slots by values and policies: a treatment in the user's own units and labels, in the world of each sample."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.kinds import Atom, Composite, Kind
from idgen_compiler.data.kinds.setting import Setting, shown
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.assigned import Assigned, check_kinds
from idgen_compiler.hinge.policies import Law, Policy, Shift
from idgen_compiler.ir.operations import Assign, Network
from idgen_compiler.ir.policies import Fixed, Named, Uniform
from idgen_compiler.warning import warn_overlap
from idgen_torch.bound import BoundModel, numpy_stream
from idgen_torch.families import ConditionalModel
from idgen_torch.running.draws import UniformDraws, moved_rows
from idgen_torch.tensors import decoded, held, own_rows

__all__ = ["Assigning", "assigning", "handed_on", "set_value", "with_drawn"]


@dataclass(eq=False)
class Assigning:
    """How one slot is filled, batch by batch.

    `told` says that a shift beyond the data was warned of; `handed` are variables that what is brought reads.
    """

    each: Assigned
    schema: Schema
    handed: Collection[str] = ()
    told: bool = field(default=False)

    def fill(
        self, slots: Mapping[str, tuple[Tensor, ...]], count: int, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        """The values of the slot: a tensor with `count` rows for each part, on the generator's device.

        Raises DataError for what the treatment cannot take; warns (OverlapWarning) as `set_value` does.
        """
        name, kind = self.each.treatment, self.schema[self.each.treatment]
        match self.each.policy:
            case Shift(by):
                return self._moved(slots[self.each.read[name]], by)
            case Uniform():
                drawn = UniformDraws.over(name, kind, None).sample({}, count, generator)
                return tuple(drawn[part.name] for part in self.schema.parts(name))
            case Fixed(value):
                one = set_value(Setting("do", name, 1), kind, value, self.handed)
                return tuple(values.expand(count, *values.shape[1:]).to(generator.device) for values in one)
            case Law() as law:
                read = {n: own_rows(decoded(self.schema[n], slots[slot], count)) for n, slot in self.each.read.items()}
                values = law.draw(name, read, count, numpy_stream(generator))
                found = set_value(Setting("do", name, count), kind, values, self.handed)
                return tuple(values.expand(count, *values.shape[1:]).to(generator.device) for values in found)

    def _moved(self, natural: tuple[Tensor, ...], by: float) -> tuple[Tensor, ...]:
        found = []
        name, kind = self.each.treatment, self.schema[self.each.treatment]
        for atom, values in zip(kind.atoms(name), natural, strict=True):
            if not self.told:
                atom.kind.warn_moved(atom.part.name, values.cpu().numpy(), by)
            moved = moved_rows(atom, values, by)
            if atom.part.discrete and bool((moved < 0).any()):
                lost = atom.kind.describe(int(values[moved < 0][0]))
                raise DataError(
                    f"{atom.part.name} = {lost} moved by {by} is no value that the data show; say "
                    f"types={{{atom.part.name!r}: 'integer'}} to fit if it is a number"
                )
            found.append(moved)
        self.told = True
        return tuple(found)


def set_value(setting: Setting, kind: Kind, value: Any, handed: Collection[str]) -> tuple[Tensor, ...]:
    """What a caller sets or a policy draws: a tensor for each part, with n rows or with one.

    Raises DataError for what the variable cannot take; warns (OverlapWarning) of a number beyond the data, and, where
    it is `handed` to what is brought, of one that comes there as another, the nearest that the data let it be.
    """
    encoded = kind.check(setting, value)
    if setting.name in handed:
        fields = kind.by_field(setting, value) if isinstance(kind, Composite) else {"": value}
        for atom, seen in zip(kind.atoms(setting.name), encoded, strict=True):
            if atom.part.form is Form.NUMBERS:
                _warn_changed(setting.field(atom.field) if atom.field else setting, atom.kind, fields[atom.field], seen)
    return tuple(map(held, encoded))


def _warn_changed(setting: Setting, kind: Atom, value: Any, seen: Array) -> None:
    values = np.asarray(as_numpy(value)).reshape(len(seen), *kind.entries)
    lost = kind.lost(setting, values, seen)
    if lost.any():
        row = int(lost.argmax())
        back = shown(kind.told(seen[row : row + 1]))
        warn_overlap(
            f"{setting.role}({setting.name}) is {shown([values[row]])}, which lies beyond what the data let "
            f"{setting.name} be; what is brought is handed {back}; set what it can be, or say with types= what that is"
        )


def handed_on(models: Mapping[str, ConditionalModel | BoundModel]) -> frozenset[str]:
    """The variables that what is brought is handed."""
    return frozenset(name for model in models.values() if isinstance(model, BoundModel) for name in model.op.inputs)


def assigning(found: Iterable[Assigned], schema: Schema, handed: Collection[str] = ()) -> dict[str, Assigning]:
    """Slot -> what fills it.  Raises DataError for policies that do not fit the kinds of their variables."""
    made = {}
    for each in found:
        check_kinds(each, schema.types)
        made[each.slot] = Assigning(each, schema, handed)
    return made


def with_drawn(network: Network, drawn: Mapping[str, Policy]) -> Network:
    """The network with some inputs as first statements, which policies without inputs fill."""
    if not drawn:
        return network
    first = tuple(Assign(name, Named("do", ())) for name in network.inputs if name in drawn)
    return replace(
        network,
        inputs=tuple(name for name in network.inputs if name not in drawn),
        statements=(*first, *network.statements),
    )

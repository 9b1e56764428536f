"""Rows of a network's slots: real rows where it draws rows, policies where it draws by them, models for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Assign, Draw, Network, Rows, Statement
from idgen_compiler.ir.policies import Column, Policy, Shifted
from idgen_torch.families.returned import draw
from idgen_torch.running.assigning import Assigning
from idgen_torch.running.draws import Draws, applied, draws_over, moved_rows, resample, resampled_parts
from idgen_torch.running.estimates.onestep.frames import Frame, Slots, systematic
from idgen_torch.seeds import seed_for, stream_for

__all__ = ["Simulated"]


@dataclass(eq=False)
class Simulated:
    """`repeats` times as many rows of a network as there are real ones.

    The first statement that draws rows of the data takes each once, in their order, every other one in an order of its
    own: so the law of what comes out of rows is just that of the data, and only what models draw is left to chance.
    """

    network: Network
    fixed: Slots
    schema: Schema
    models: Callable[[str], Any]
    data: Callable[[str], Frame]  #: data set -> its rows
    observed: str  #: the data set of the user's rows
    fills: Mapping[str, Assigning]
    rows: int
    seed: int
    name: str
    device: torch.device

    def __post_init__(self) -> None:
        self._slots: dict[str, tuple[Tensor, ...]] = dict(self.fixed)
        self._filled = {slot: s for s in map(applied, self.network.statements) for slot in s.slots}
        self._led = False
        self._origin: Array | None = None
        self._fold: Array | None = None

    @property
    def slots(self) -> tuple[str, ...]:
        """All slots."""
        return (*self.fixed, *self._filled)

    def frame(self, slots: Sequence[str]) -> Frame:
        """Rows of some slots; what they need is drawn once."""
        needed, wanted = list[Statement](), set(slots)
        for statement in reversed([applied(s) for s in self.network.statements]):
            if wanted.intersection(statement.slots):
                wanted.update(statement.inputs)
                needed.append(statement)
        for statement in reversed(needed):
            if statement.slots[0] not in self._slots:
                self._draw(statement)
        return Frame({slot: self._slots[slot] for slot in slots}, self.rows, self._fold, self._origin)

    def lazy(self) -> Frame:
        """Rows whose slots are drawn as they are looked at; those that come out of rows are drawn at once."""
        first = [s for s in self.network.statements if isinstance(s, Rows)]
        if first:
            self.frame(first[0].slots)
        return Frame(_Drawn(self), self.rows, self._fold, self._origin)

    def _draw(self, statement: Statement) -> None:
        generator = stream_for(self.seed, "estimate", self.name, *statement.slots, device=self.device)
        variables = tuple(map(variable_of, statement.slots))
        parts = [self.schema.parts(name) for name in variables]
        match statement:
            case Assign(slot=slot):
                self._slots[slot] = self.fills[slot].fill(self._slots, self.rows, generator)
            case Apply(model=model, inputs=inputs):
                given = {
                    part.name: values.expand(self.rows, *values.shape[1:])
                    for slot in inputs
                    for part, values in zip(self.schema.parts(variable_of(slot)), self._slots[slot], strict=True)
                }
                drawn = draw(f"{model} of {self.name}", self.models(model), given, self.rows, generator)
                for slot, own in zip(statement.slots, parts, strict=True):
                    self._slots[slot] = tuple(drawn[part.name] for part in own)
            case Rows(data=data) | Draw(policy=Column(data) | Shifted(data, _)):
                self._resample(statement, self.data(data), variables)
            case Draw(slot=slot, policy=policy):
                drawn = self._stated(policy, variables).sample({}, self.rows, generator)
                self._slots[slot] = tuple(drawn[part.name] for part in parts[0])

    def _stated(self, policy: Policy, variables: tuple[str, ...]) -> Draws:
        """A policy that is stated, which may draw from the observed rows of a variable without a spread."""
        wanted = resampled_parts(policy, variables, self.schema)
        if not wanted:
            return draws_over(policy, variables, self.schema, None)
        real = self.data(self.observed)
        held = {
            part.name: v
            for name in variables
            for part, v in zip(self.schema.parts(name), real.slots[name], strict=True)
        }
        return draws_over(policy, variables, self.schema, resample(wanted, held, None))

    def _resample(self, statement: Rows | Draw, data: Frame, variables: tuple[str, ...]) -> None:
        """The first rows are taken in their order; other ones, and what policies draw, in orders of their own."""
        leads = isinstance(statement, Rows) and not self._led
        index = self._index(data, statement.slots, leads)
        if leads:
            self._led = True
            self._origin = index if data.origin is None else data.origin[index]
            self._fold = None if data.fold is None else data.fold[index]
        for slot, name in zip(statement.slots, variables, strict=True):
            values = tuple(v[index] for v in data.slots[name])
            if isinstance(statement, Draw) and isinstance(statement.policy, Shifted):
                atoms = self.schema[name].atoms(name)
                values = tuple(moved_rows(a, v, statement.policy.by) for a, v in zip(atoms, values, strict=True))
            self._slots[slot] = values

    def _index(self, data: Frame, slots: Sequence[str], leads: bool) -> Array:
        """Which row each takes: every row equally often, or by its weight."""
        generator = np.random.default_rng(seed_for(self.seed, "estimate", self.name, "rows", *slots))
        if data.weights is not None:
            found = systematic(data.weights, self.rows, generator)
            if not leads:
                return generator.permutation(found)
            repeats = max(self.rows // data.count, 1)  # each stands for the whole table
            return found.reshape(-1, repeats).T.reshape(-1) if self.rows % repeats == 0 else found
        if leads:
            return np.arange(self.rows) % data.count
        orders = [generator.permutation(data.count) for _ in range(-(-self.rows // data.count))]
        return np.concatenate(orders)[: self.rows]


class _Drawn(Mapping[str, tuple[Tensor, ...]]):
    """The slots of a network, each drawn when it is first asked for."""

    def __init__(self, simulated: Simulated) -> None:
        self._simulated = simulated

    def __getitem__(self, slot: str) -> tuple[Tensor, ...]:
        if slot not in self._simulated.slots:
            raise KeyError(slot)
        return self._simulated.frame((slot,)).slots[slot]

    def __iter__(self) -> Iterator[str]:
        return iter(self._simulated.slots)

    def __len__(self) -> int:
        return len(self._simulated.slots)

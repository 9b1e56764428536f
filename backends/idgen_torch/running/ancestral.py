"""Running a sampling network: its statements in order, in batches of bounded memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Assign, Draw, Network, Rows, Statement, Weigh
from idgen_torch.arithmetic import effective_rows, free_bytes
from idgen_torch.drawing import rows_by_weight
from idgen_torch.families.family import Drawing
from idgen_torch.families.returned import draw
from idgen_torch.parts import Values
from idgen_torch.running.assigning import Assigning
from idgen_torch.running.draws import Draws, PolicyKey, policy_of
from idgen_torch.seeds import stream_for

__all__ = ["Applied", "DataSet", "Slots", "WiredNetwork", "batch_rows", "by_part", "parts_drawn", "pieces_of"]


class Applied(Drawing, Protocol):
    """What a network applies: a trained model, one that somebody brought, or a condition."""

    @property
    def family(self) -> str:
        """What messages call it."""
        ...


Slots = dict[str, tuple[Tensor, ...]]
"""Slot -> one tensor for each part of its variable, with one row for each sample (or one that stands for all)."""

MOST_ROWS = 2**18
MOST_NUMBERS = 2**23
"""At most so many numbers (32 or 64 MiB) are held in the slots of one batch."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """Samples of a law, by part.  `weights` (rows,) are the rows' weights where they are not equal.

    Of a law that is known exactly (`exact`) the rows are its cells, each once, which weigh as many rows as they stand
    for.
    """

    rows: Values
    count: int
    weights: Tensor | None = None
    exact: bool = False

    @property
    def effective_rows(self) -> float:
        """Kish's number of rows that would weigh as much if all weighed alike."""
        if self.exact and self.weights is not None:
            return float(self.weights.sum())
        return float(self.count) if self.weights is None else effective_rows(self.weights)

    def to(self, device: torch.device) -> DataSet:
        """The same rows on another device; columns that would take half of its memory stay where they are."""
        most = free_bytes(device) // 2
        rows = {
            name: values if values.dim() > 1 and values.numel() * values.element_size() > most else values.to(device)
            for name, values in self.rows.items()
        }
        return replace(self, rows=rows, weights=None if self.weights is None else self.weights.to(device))

    def of(self, names: Sequence[str]) -> DataSet:
        """The rows in which some variables stand together: all of them."""
        return self

    def drawn(self, n: int, generator: torch.Generator) -> DataSet:
        """Rows as they would be drawn of a law that is known exactly; those of any other are there."""
        if not self.exact:
            return self
        index = self.some(n, generator)
        return DataSet({name: values[index.to(values.device)] for name, values in self.rows.items()}, n)

    def some(self, n: int, generator: torch.Generator) -> Tensor:
        """n row numbers, drawn from the law of the rows.  Shape: (n,) int64, on the CPU."""
        return rows_by_weight(self.count, self.weights, n, generator)


@dataclass(frozen=True, eq=False)
class WiredNetwork:
    """A network together with the models and policies that it names."""

    network: Network
    schema: Schema
    models: Mapping[str, Applied]
    policies: Mapping[PolicyKey, Draws]
    device: torch.device
    watch: Callable[[Apply, Values, int], None] | None = None  #: told of what each model is given
    assigned: Mapping[str, Assigning] = field(default_factory=dict)  #: slot -> what fills it by a policy

    @property
    def batch_rows(self) -> int:
        """How many samples run at once: fewer where the slots are wide."""
        return batch_rows(self.schema, self.network)

    def run(self, inputs: Slots, n: int, seed: int, name: str) -> Iterator[tuple[int, Slots]]:
        """Yield (samples in the batch, output slots) until n samples are drawn; at least one batch.

        Every statement draws from a generator of its own, seeded by `name` and its slots, through all batches.
        """
        generators = [stream_for(seed, name, *s.slots, device=self.device) for s in self.network.statements]
        inputs = {slot: tuple(t.to(self.device) for t in parts) for slot, parts in inputs.items()}
        for start in range(0, max(n, 1), self.batch_rows):
            count = min(self.batch_rows, n - start)
            slots = {slot: tuple(_rows(t, start, count, n) for t in parts) for slot, parts in inputs.items()}
            yield count, self._batch(slots, count, generators)

    def whole(self, inputs: Slots, n: int, seed: int, name: str) -> tuple[int, Slots]:
        """(n, output slots) of n samples at once, drawn as by `run`; each input has n rows, or one for all."""
        generators = [stream_for(seed, name, *s.slots, device=self.device) for s in self.network.statements]
        slots = {slot: tuple(_rows(t.to(self.device), 0, n, n) for t in parts) for slot, parts in inputs.items()}
        return n, self._batch(slots, n, generators)

    def piece(self, number: int, n: int, seed: int, name: str) -> Values:
        """The samples of one piece of n, of a network without inputs, by part.

        Each piece draws from streams of its own, so that whoever draws which piece gets the same.
        """
        count = min(self.batch_rows, n - number * self.batch_rows)
        _, slots = self.whole({}, count, seed, name if number == 0 else f"{name}, piece {number}")
        return by_part(self.schema, slots, self.network.outputs)

    def _batch(self, slots: Slots, count: int, generators: list[torch.Generator]) -> Slots:
        for statement, generator in zip(self.network.statements, generators, strict=True):
            self.fill(statement, slots, count, generator)
        return {slot: slots[slot] for slot in self.network.outputs}

    def fill(self, statement: Statement, slots: Slots, count: int, generator: torch.Generator) -> None:
        """Fill the slots of one statement, for so many samples, from those that it reads."""
        match statement:
            case Assign(slot=slot):
                slots[slot] = self.assigned[slot].fill(slots, count, generator)
                return
            case Weigh():
                return
            case Apply():
                given = by_part(self.schema, slots, statement.inputs)
                if self.watch is not None:
                    self.watch(statement, given, count)
                drawn = draw(self._source(statement), self.models[statement.model], given, count, generator)
            case Draw() | Rows():
                drawn = self.policies[policy_of(statement)].sample({}, count, generator)
        for slot in statement.slots:
            slots[slot] = tuple(drawn[part.name] for part in self.schema.parts(variable_of(slot)))

    def _source(self, statement: Apply) -> str:
        """What messages call a model: its operation, what it models, and its family."""
        targets, inputs = (", ".join(map(variable_of, slots)) for slots in (statement.slots, statement.inputs))
        given = f" | {inputs}" if inputs else ""
        return f"{statement.model}: {targets}{given} [{self.models[statement.model].family}]"


def by_part(schema: Schema, slots: Slots, names: Sequence[str]) -> Values:
    """What some slots hold, by the parts of their variables, as models are given it."""
    return {
        part.name: values
        for slot in names
        for part, values in zip(schema.parts(variable_of(slot)), slots[slot], strict=True)
    }


def _rows(values: Tensor, start: int, count: int, n: int) -> Tensor:
    """The rows of one batch; a single row is repeated without a copy."""
    if len(values) == n:
        return values[start : start + count]
    return values.expand(count, *values.shape[1:])


def parts_drawn(schema: Schema, network: Network) -> list[Part]:
    """The parts of all slots that a network fills."""
    slots = (*network.inputs, *(slot for statement in network.statements for slot in statement.slots))
    return [part for slot in slots for part in schema.parts(variable_of(slot))]


def batch_rows(schema: Schema, network: Network) -> int:
    """How many samples of a network run at once."""
    width = sum(part.dim for part in parts_drawn(schema, network))
    return max(256, min(MOST_ROWS, MOST_NUMBERS // max(width, 1)))


def pieces_of(schema: Schema, network: Network, n: int) -> int:
    """How many pieces n samples of a network have: each of `batch_rows`, the last of the rest."""
    return max(1, math.ceil(n / batch_rows(schema, network)))

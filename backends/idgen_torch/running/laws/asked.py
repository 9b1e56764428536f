"""The law of a network's outcomes: summed exactly where it is made of tables, averaged or counted otherwise.

Averaging the last model's probabilities over draws of its inputs is the Rao-Blackwell estimate: it never varies more
than counting what the model draws (Casella and Robert, 1996).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import opt_einsum
import torch
from numpy.typing import NDArray
from torch import Tensor

from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Assign, Draw, Network, Rows, Statement, Weigh
from idgen_torch.families import ConditionalModel
from idgen_torch.families.tables.cells import cell_count, cell_of, codes_of, sizes_of
from idgen_torch.families.tables.resample import ResampleModel
from idgen_torch.parts import Values
from idgen_torch.running.ancestral import Applied, Slots, WiredNetwork, by_part
from idgen_torch.running.draws import Draws, FixedDraws, PolicyKey, UniformDraws, policy_of

__all__ = ["AskedLaw", "Law", "law_of", "look", "summed"]

MOST_CELLS, MOST_NUMBERS = 2**22, 2**25
"""A factor that is summed exactly has at most so many cells, its inputs so many numbers and a product so many cells."""

MOST_AVERAGED = 2**12
"""Beyond so many cells a last model is drawn from."""

WATCHED = 2_000
"""So many samples say whether a law that is summed asks models where there are no rows."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Law:
    """Shape of values and se: (rows, cells), the last part of the last outcome counting fastest."""

    values: Array
    se: Array
    method: str
    draws: int


@dataclass(frozen=True, eq=False)
class AskedLaw:
    """The law of some outcomes of a network, for each of `rows` rows of its inputs (which hold so many, or one).

    `watch` is told of what models are given, and `watching` those of which it has something to say.
    """

    network: Network
    outcomes: tuple[str, ...]
    inputs: Slots
    rows: int
    schema: Schema
    models: Mapping[str, Applied]
    policies: Mapping[PolicyKey, Draws]
    device: torch.device
    watch: Callable[[Apply, Values, int], None]
    watching: frozenset[str]
    name: str

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Those that the outcomes depend on, in order."""
        wanted, kept = set(self.outcomes), []
        for statement in reversed(self.network.statements):
            if wanted & set(statement.slots):
                kept.append(statement)
                wanted |= set(statement.inputs)
        return tuple(reversed(kept))

    def parts(self, slots: Sequence[str]) -> tuple[Part, ...]:
        """The parts of the slots' variables."""
        return tuple(part for slot in slots for part in self.schema.parts(variable_of(slot)))

    def known(self, statement: Statement) -> bool:
        """Whether what a statement draws is discrete, and its probabilities are known."""
        if not all(part.discrete for part in self.parts(statement.slots)):
            return False
        if isinstance(statement, Apply):
            model = self.models[statement.model]
            return isinstance(model, ConditionalModel) and model.likelihood
        if isinstance(statement, Assign | Weigh):
            return False
        draws = self.policies[policy_of(statement)]
        return isinstance(draws, ResampleModel | FixedDraws | UniformDraws)

    def wired(self, statements: Sequence[Statement], outputs: Sequence[str]) -> WiredNetwork:
        """The network of some statements."""
        inner = Network(self.network.inputs, tuple(statements), tuple(outputs))
        return WiredNetwork(inner, self.schema, self.models, self.policies, self.device, self.watch)


def law_of(asked: AskedLaw, n: int, seed: int) -> Law:
    """The law, by the best way that there is.  Raises DataError for no draws where some are needed."""
    found = summed(asked)
    if found is not None:
        look(asked, seed)
        return Law(_checked(found), np.zeros(found.shape), "exact", 0)
    if n < 1:
        raise DataError("the law has to be averaged over draws, and n is 0; give how many")
    return _averaged(asked, n, seed)


# -- summed -----------------------------------------------------------------------------------------------------------


def summed(asked: AskedLaw) -> Array | None:
    """The law as a sum of products of tables; None where a table is not to be had, or too large.

    Shape: (rows, cells), the last part of the last outcome counting fastest.
    """
    statements = asked.statements
    if not all(asked.known(statement) for statement in statements):
        return None
    pieces, start = [], 0
    at_once = asked.rows
    for statement in statements:
        free = cell_count(asked.parts(_free(asked, statement)))
        wide = sum(part.dim for part in asked.parts(statement.inputs))
        cells = free * cell_count(asked.parts(statement.slots))
        at_once = min(at_once, MOST_CELLS // max(cells, 1), MOST_NUMBERS // max(free * wide, 1))
    if at_once < 1:
        return None
    while start < asked.rows:
        count = min(at_once, asked.rows - start)
        piece = {
            slot: tuple(v[start : start + count] if len(v) > 1 else v for v in parts)
            for slot, parts in asked.inputs.items()
        }
        law = _contracted(asked, statements, piece, count)
        if law is None:
            return None
        pieces.append(law)
        start += count
    return np.concatenate(pieces)


def _free(asked: AskedLaw, statement: Statement) -> tuple[str, ...]:
    """The slots that a statement reads and no caller fills."""
    return tuple(slot for slot in dict.fromkeys(statement.inputs) if slot not in asked.inputs)


def _contracted(asked: AskedLaw, statements: Sequence[Statement], inputs: Slots, rows: int) -> Array | None:
    """Shape: (rows, cells); None where the way there is too wide."""
    axes: dict[str, int] = {"": 0}
    operands: list[object] = []
    for statement in statements:
        free = _free(asked, statement)
        fixed = any(slot in asked.inputs for slot in statement.inputs)
        count = rows if fixed else 1
        own = [axes.setdefault(slot, len(axes)) for slot in (*free, *statement.slots)]
        sizes = [cell_count(asked.parts((slot,))) for slot in (*free, *statement.slots)]
        table = _table(asked, statement, inputs, free, count).reshape(count, *sizes).cpu().numpy()
        operands += [table, [0, *own]] if fixed else [table[0], own]
    if not any(0 in places for places in operands[1::2] if isinstance(places, list)):
        operands += [np.ones(rows), [0]]
    out = [0, *(axes[slot] for slot in asked.outcomes)]
    _, how = opt_einsum.contract_path(*operands, out, optimize="auto")
    if how.largest_intermediate > MOST_NUMBERS:
        return None
    law: Array = np.asarray(opt_einsum.contract(*operands, out, optimize="auto")).reshape(rows, -1)
    return law


def _table(asked: AskedLaw, statement: Statement, inputs: Slots, free: Sequence[str], rows: int) -> Tensor:
    """What a statement draws, for each row and each cell of the free slots that it reads.

    Shape: (rows * cells of the free slots, cells of its own slots) float64.
    """
    targets = asked.parts(statement.slots)
    if isinstance(statement, Assign | Weigh):
        raise TypeError("no law is asked for under a policy, nor of what is weighed")
    if not isinstance(statement, Apply):
        return _policy(asked, statement, targets)
    held = asked.parts(free)
    codes = codes_of(held, asked.device) if held else torch.zeros(0, 1, dtype=torch.long, device=asked.device)
    cells = codes.shape[1]
    slots: Slots = {}
    for slot in dict.fromkeys(statement.inputs):
        if slot in inputs:
            own = (v.to(asked.device) for v in inputs[slot])
            slots[slot] = tuple(v.expand(rows, *v.shape[1:]).repeat_interleave(cells, 0) for v in own)
    place = 0
    for slot in free:
        width = len(asked.parts((slot,)))
        slots[slot] = tuple(codes[place + k].repeat(rows) for k in range(width))
        place += width
    model = asked.models[statement.model]
    if not isinstance(model, ConditionalModel):
        raise DataError(f"{statement.model} is no model whose probabilities are known")  # `known` was asked before
    return _in_order(model.laws(by_part(asked.schema, slots, statement.inputs), rows * cells), model.targets, targets)


def _in_order(law: Tensor, found: Sequence[Part], wanted: Sequence[Part]) -> Tensor:
    """A law over the parts of a model with its axes in another order."""
    names = [part.name for part in found]
    order = [names.index(part.name) for part in wanted]
    if order == sorted(order):
        return law
    return law.reshape(-1, *sizes_of(found)).permute(0, *(1 + k for k in order)).reshape(len(law), -1)


def _policy(asked: AskedLaw, statement: Draw | Rows, parts: Sequence[Part]) -> Tensor:
    """The law of what a policy draws.  Shape: (1, cells)."""
    draws, cells = asked.policies[policy_of(statement)], cell_count(parts)
    if isinstance(draws, UniformDraws):
        return torch.full((1, cells), 1 / cells, dtype=torch.float64)
    codes = codes_of(parts, asked.device)
    rows = {part.name: codes[k] for k, part in enumerate(parts)}
    if not isinstance(draws, ResampleModel | FixedDraws):
        raise DataError(f"{', '.join(statement.slots)} is drawn by no known law")  # `known` was asked before
    return draws.log_prob(rows).double().exp().reshape(1, -1)


def look(asked: AskedLaw, seed: int) -> None:
    """Draw some samples, so that the watch sees what the models are asked."""
    statements = asked.statements
    if not any(isinstance(s, Apply) and s.model in asked.watching for s in statements):
        return
    count = WATCHED if asked.rows == 1 else max(WATCHED, asked.rows)
    index = torch.arange(count) % asked.rows
    inputs = {
        slot: tuple(v if len(v) == 1 else v[index.to(v.device)] for v in parts) for slot, parts in asked.inputs.items()
    }
    for _ in asked.wired(statements, asked.outcomes).run(inputs, count, seed, asked.name):
        pass


# -- averaged or counted ----------------------------------------------------------------------------------------------


def _averaged(asked: AskedLaw, n: int, seed: int) -> Law:
    """Averages of what the last models say, or shares of what was drawn, with their standard errors."""
    statements = asked.statements
    read = {slot for statement in statements for slot in statement.inputs}
    last = [s for s in statements if isinstance(s, Apply) and not read & set(s.slots) and asked.known(s)]
    if prod(cell_count(asked.parts(s.slots)) for s in last) > MOST_AVERAGED:
        last = []
    before = [s for s in statements if s not in last]
    filled = {slot for s in before for slot in s.slots}
    kept = [slot for slot in dict.fromkeys((*read, *asked.outcomes)) if slot in filled]
    wired, cells = asked.wired(before, kept), cell_count(asked.parts(asked.outcomes))
    values, se = np.zeros((asked.rows, cells)), np.zeros((asked.rows, cells))
    for row in range(asked.rows):
        inputs = {
            slot: tuple(v[row : row + 1] if len(v) > 1 else v for v in parts) for slot, parts in asked.inputs.items()
        }
        sums, squares = torch.zeros(cells, dtype=torch.float64), torch.zeros(cells, dtype=torch.float64)
        for count, drawn in wired.run(inputs, n, seed, asked.name):
            held = {
                slot: tuple(v.to(asked.device).expand(count, *v.shape[1:]) for v in p) for slot, p in inputs.items()
            }
            for start in range(0, count, MOST_CELLS // MOST_AVERAGED):
                some = slice(start, start + MOST_CELLS // MOST_AVERAGED)
                slots = {slot: tuple(v[some] for v in parts) for slot, parts in {**held, **drawn}.items()}
                law, cell = _given_drawn(asked, last, slots, len(range(count)[some]))
                sums.index_add_(0, cell.reshape(-1), law.reshape(-1))
                squares.index_add_(0, cell.reshape(-1), law.square().reshape(-1))
        mean = sums / n
        values[row] = mean.numpy()
        se[row] = ((squares / n - mean**2).clamp(min=0) / max(n - 1, 1)).sqrt().numpy()
    return Law(_checked(values), se, "averaged" if last else "counted", n)


def _given_drawn(asked: AskedLaw, last: Sequence[Apply], slots: Slots, count: int) -> tuple[Tensor, Tensor]:
    """The law of the outcomes given what was drawn, and in which cell each number belongs.

    Shape of both: (rows, combinations of what the last models say).
    """
    place: dict[str, Tensor] = {}  # outcome -> its cell, (rows, 1, ...) or (1, ..., cells, ..., 1)
    law = torch.ones(count, *(1,) * len(last), dtype=torch.float64)
    for axis, statement in enumerate(last):
        given, model = by_part(asked.schema, slots, statement.inputs), asked.models[statement.model]
        asked.watch(statement, given, count)
        if not isinstance(model, ConditionalModel):
            raise DataError(f"{statement.model} is no model whose probabilities are known")  # `known` was asked before
        parts = asked.parts(statement.slots)
        own = _in_order(model.laws(given, count), model.targets, parts).cpu()
        wanted = [slot for slot in statement.slots if slot in asked.outcomes]
        own = own.reshape(count, *(cell_count(asked.parts((slot,))) for slot in statement.slots))
        away = tuple(1 + k for k, slot in enumerate(statement.slots) if slot not in wanted)
        own = own.sum(away) if away else own
        sizes = own.shape[1:]
        shape = [1] * (1 + len(last))
        shape[0], shape[1 + axis] = count, prod(sizes)
        law = law * own.reshape(shape)
        codes = torch.unravel_index(torch.arange(prod(sizes)), sizes)
        shape[0] = 1
        place.update((slot, code.reshape(shape)) for slot, code in zip(wanted, codes, strict=True))
    cell = torch.zeros((1,) * (1 + len(last)), dtype=torch.long)
    for slot in asked.outcomes:
        parts = asked.parts((slot,))
        if slot not in place:
            rows = {part.name: values.cpu() for part, values in zip(parts, slots[slot], strict=True)}
            place[slot] = cell_of(parts, rows, torch.device("cpu")).reshape(count, *(1,) * len(last))
        cell = cell * cell_count(parts) + place[slot]
    return law, cell.expand(law.shape)


def _checked(values: Array) -> Array:
    """Raise DataError for what are no probabilities; rounding is set right."""
    if not (np.abs(values.sum(-1) - 1) < 1e-3).all():  # NaN fails
        raise DataError("a model gives probabilities that do not sum to 1; fit it anew, or more gently")
    return values / values.sum(-1, keepdims=True)

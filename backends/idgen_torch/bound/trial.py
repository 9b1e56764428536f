"""A trial call of each thing that is brought, before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.part import Part
from idgen_compiler.data.returned import described, encoded_return
from idgen_compiler.data.schema import Schema, TypeRequest, images_among, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.kernels import kernel_key, unobserved_used
from idgen_compiler.ir.operations import Bind, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import warn_data
from idgen_torch.bound.brought import Brought
from idgen_torch.bound.model import ask, label_of, pieces
from idgen_torch.parts import Values
from idgen_torch.seeds import stream_for
from idgen_torch.tensors import decoded, held, own_rows

__all__ = ["tried"]

TRIAL, TWICE = 2, 32
"""Each thing is called with so many rows before anything is trained; a function, which is called twice, with more."""

ALONE, ROUNDING = 4, 0.01
"""So many rows are given to a function alone, and answers may differ by so much of the largest one."""

SEEDED = 4
"""So many draws for one and the same inputs have to be unusual before equal ones are no accident: 1 in 36,000."""

LOOKED_AT, FEW = 1000, 200
"""And with so many where answers have to tell the kind of what no table holds; with fewer where one takes batches."""


def tried(
    program: Program,
    brought: Mapping[str, Brought],
    schema: Schema,
    rows: Values,
    types: Mapping[str, TypeRequest],
    seed: int,
    device: torch.device,
) -> Schema:
    """The schema with the kinds of what no table holds, once each thing that is brought was called on a few rows.

    A kind that `types` states whole (Image(3, 16, 16), Categorical(labels), Composite(fields)) is taken; otherwise it
    is inferred from what is returned, as it would be from a column; a structured array is a composite. Each is handed a
    generator of `device`, as when samples are drawn.

    Raises DataError, before anything is trained, for what a call raises or returns that is no value of its variable,
    and for a variable whose kind nobody can tell.
    """
    kinds: dict[str, Kind] = dict(schema.types)
    kinds.update((name, kind) for name, kind in types.items() if isinstance(kind, Kind) and name not in kinds)
    able = {op.result: op for op in program.operations if isinstance(op, Bind | Train)}
    waiting = [able[name] for name in able if name in brought]
    columns = _columns(schema, rows)
    telling = _telling(waiting, kinds)
    most = FEW if any(brought[op.result].batch for op in telling) else LOOKED_AT
    while waiting:
        to_come = {op.targets[0] for op in waiting}
        at_hand = {*columns, *kinds} - (to_come - columns.keys())
        ready = [op for op in waiting if at_hand.issuperset(op.inputs)]
        if not ready:
            lost = next(name for op in waiting for name in op.inputs if name not in kinds)
            raise DataError(f"nobody knows what {lost} is, which no table holds; say types={{{lost!r}: ...}}")
        for op in ready:
            waiting.remove(op)
            compared = isinstance(op, Bind) and op.function and brought[op.result].batch is None
            few = TWICE if compared else TRIAL
            call = _Call(op, brought[op.result], kinds, device)
            _try(call, kinds, columns, types, seed, most if op in telling else few)
    for name in unobserved_used(program):
        if name not in kinds:
            raise DataError(f"nobody knows what {name} is, which no table holds; say types={{{name!r}: ...}}")
    return Schema(kinds)


def _telling(able: Sequence[Bind | Train], kinds: Mapping[str, Kind]) -> list[Bind | Train]:
    """Those whose answers tell the kind of their target, or are what such answers are made of."""
    wanted = {name for op in able for name in op.targets if name not in kinds}
    found: list[Bind | Train] = []
    while more := [op for op in able if op not in found and wanted.intersection(op.targets)]:
        found += more
        wanted.update(name for op in more for name in op.inputs)
    return found


@dataclass(frozen=True, eq=False)
class _Call:
    """How one thing is asked, for one operation."""

    op: Bind | Train
    brought: Brought
    kinds: Mapping[str, Kind]
    device: torch.device

    @property
    def target(self) -> str:
        return self.op.targets[0]

    @property
    def label(self) -> str:
        return label_of(self.op, self.brought)

    def answers(self, inputs: Mapping[str, Array], batches: Sequence[tuple[int, int]], seed: int) -> list[Any]:
        """What it returns for each piece of the rows, a start and a size."""
        learned = isinstance(self.op, Bind) and bool(self.op.fallback)
        generator = stream_for(seed, "trial", self.op.result, device=self.device)
        draw = _no_fallback(self.target, self.kinds) if learned else None
        with torch.no_grad():
            return [
                ask(self.label, self.brought, self.target,
                    {name: values[start : start + size].copy() for name, values in inputs.items()},
                    size, generator, draw)
                for start, size in batches
            ]  # fmt: skip

    def encoded(self, answers: Sequence[Any], batches: Sequence[tuple[int, int]]) -> list[Array]:
        """The answers as models see them.  Raises DataError for what is no value of the target."""
        seen = [
            encoded_return(self.label, self.target, self.kinds[self.target], answer, size)
            for (_, size), answer in zip(batches, answers, strict=True)
        ]
        return [np.concatenate(parts) for parts in zip(*seen, strict=True)]

    def found(self, inputs: Mapping[str, Array], batches: Sequence[tuple[int, int]], seed: int) -> list[Array]:
        """Ask, and encode."""
        return self.encoded(self.answers(inputs, batches, seed), batches)


def _try(
    call: _Call,
    kinds: dict[str, Kind],
    columns: dict[str, Array],
    types: Mapping[str, TypeRequest],
    seed: int,
    rows: int,
) -> None:
    """Call a thing on a few rows; learn its target's kind where that is not known, and keep what it returned."""
    op, brought, target = call.op, call.brought, call.target
    if any(name not in columns for name in op.inputs):  # of a variable that the caller sets, nothing is at hand
        return
    count = max(1, min([rows, *(len(columns[name]) for name in op.inputs)]))
    inputs = {name: columns[name][:count] for name in op.inputs}
    batches = pieces(count, brought.batch)
    first = call.answers(inputs, batches, seed)
    if target not in kinds:
        kinds[target] = _kind(call.label, target, _joined(call.label, target, first, count), types)
    seen = call.encoded(first, batches)
    if brought.batch is None:  # whoever takes batches takes long
        _look_for_chance(call, seen, call.found(inputs, batches, seed))
        if isinstance(op, Bind) and op.function:
            _look_for_company(call, inputs, seen, seed)
            if target in columns:
                _look_at_the_table(call, columns[target][:count], seen)
        else:
            _look_for_a_seed(call, inputs, seed)
    if target not in columns:  # as others will be given it
        columns[target] = decoded(kinds[target], [*map(held, seen)], count)


def _look_for_chance(call: _Call, first: Sequence[Array], again: Sequence[Array]) -> None:
    """Refuse a function that is none, and warn of a kernel whose draws its generator does not decide."""
    if all(np.array_equal(one, other) for one, other in zip(first, again, strict=True)):
        return
    if isinstance(call.op, Bind) and call.op.function:
        raise DataError(
            f"{call.label} gives two answers for the same {', '.join(call.op.inputs)}, but a function has one; bring "
            f"one, or compile with bound=[{kernel_key(call.op)!r}] in the place of functions="
        )
    warn_data(
        f"{call.label} draws otherwise from the same generator, so that equal seeds do not give equal samples; draw "
        "from the generator that it is handed (idgen_torch.bound.numpy_stream makes one of NumPy of it)"
    )


def _look_for_company(call: _Call, inputs: Mapping[str, Array], seen: Sequence[Array], seed: int) -> None:
    """Refuse a function whose answer for a row depends on what other rows come with it, as of a score by their mean."""
    count = len(seen[0])
    alone = min(ALONE, count)
    half = (count - alone + 1) // 2
    sizes = [size for size in (*[1] * alone, half, count - alone - half) if size]
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    apart = call.found(inputs, list(zip(starts, sizes, strict=True)), seed)
    if not all(_near(one, other) for one, other in zip(seen, apart, strict=True)):
        raise DataError(
            f"{call.label} gives other answers for the same {', '.join(call.op.inputs)} in other company: one row "
            f"alone, or with fewer others; use nothing of the batch, such as its mean or its largest value"
        )


def _look_at_the_table(call: _Call, rows: Array, seen: Sequence[Array]) -> None:
    """Warn of a function that is not the one that made the table's own column."""
    count = len(rows)
    own = call.encoded([rows], [(0, count)])
    differ = sum(
        not all(_near(one[k : k + 1], other[k : k + 1]) for one, other in zip(own, seen, strict=True))
        for k in range(count)
    )
    if differ:
        warn_data(
            f"{call.label} differs from the table's own {call.target} in {differ} of the first {count} rows; bring the "
            "function that made the column, or leave the column out and compile with "
            f"unobserved=[{call.target!r}]"
        )


def _near(one: Array, other: Array) -> bool:
    """Codes and labels are to be equal; numbers and pictures may differ by rounding, as networks do by batch."""
    if np.issubdtype(one.dtype, np.integer) and one.dtype != np.uint8:
        return np.array_equal(one, other)
    one, other = one.astype(np.float64), other.astype(np.float64)
    return bool(np.allclose(one, other, rtol=0, atol=ROUNDING * float(np.abs(one).max(initial=0))))


def _look_for_a_seed(call: _Call, inputs: Mapping[str, Array], seed: int) -> None:
    """Warn of a kernel that draws, and from every generator the same: its chance has a seed of its own."""
    pictures = all(part.shape is not None for part in _parts(call.target, call.kinds[call.target]))
    count, needed = (TRIAL, 1) if pictures else (TWICE, SEEDED)
    same = {name: np.repeat(values[:1], count, axis=0) for name, values in inputs.items()}
    drawn = [call.found(same, [(0, count)], seed + k) for k in range(2)]
    rows, others = (np.concatenate([a.reshape(count, -1).astype(np.float64) for a in found], axis=1) for found in drawn)
    _, often = np.unique(rows, axis=0, return_counts=True)
    if count - often.max() >= needed and np.array_equal(rows, others, equal_nan=True):
        warn_data(
            f"{call.label} draws the same from every generator, so that every batch and every seed has the same "
            "chance; draw from the generator that it is handed (idgen_torch.bound.numpy_stream makes one of NumPy of "
            "it), not from one with a seed of its own"
        )


def _no_fallback(target: str, kinds: Mapping[str, Kind]) -> Any:
    """A stand-in for the trained model, which there is none of yet: rows of nothing in particular."""

    def draw(inputs: Mapping[str, Array]) -> Array:
        count = len(next(iter(inputs.values()))) if inputs else 1
        parts = [torch.from_numpy(np.zeros((1, *p.entries), p.dtype)) for p in _parts(target, kinds[target])]
        return own_rows(decoded(kinds[target], parts, count))

    return draw


def _joined(label: str, target: str, answers: Sequence[Any], count: int) -> Array:
    import pandas as pd

    try:
        values = np.concatenate([np.asarray(as_numpy(answer)) for answer in answers])
    except ValueError:
        raise DataError(f"{label} returns {target} as {described(answers[0])}; return one array") from None
    if values.ndim and values.dtype.names is None and (lost := int(pd.isna(values).sum())):
        raise DataError(f"{label} returns {target} with {lost} missing value(s); return a value for each row")
    if not values.ndim or len(values) != count:
        raise DataError(
            f"{label} returns {target} as {described(values)}, but one value for each of {count} rows is wanted"
        )
    return values


def _kind(label: str, target: str, values: Array, types: Mapping[str, TypeRequest]) -> Kind:
    """The kind of what is returned, as of a column."""
    asked = {target: types[target]} if target in types else {}
    fields = values.dtype.names or ()
    table = {f"{target}.{field}": values[field] for field in fields} or {target: values}
    try:
        sources = read_sources(table, [target], images=images_among(asked))
        return infer_schema(sources, asked)[target]
    except DataError as error:
        raise DataError(f"{label} returns {target} as {described(values)}, of which {error}") from None


def _columns(schema: Schema, rows: Values) -> dict[str, Array]:
    """The first rows of the table in the user's own units."""
    found = {}
    for name, kind in schema.types.items():
        parts = [rows[part.name][:LOOKED_AT] for part in _parts(name, kind)]
        found[name] = decoded(kind, parts, len(parts[0]))
    return found


def _parts(name: str, kind: Kind) -> Iterator[Part]:
    return (atom.part for atom in kind.atoms(name))

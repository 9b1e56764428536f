"""Which operation each thing that is brought is for, and a trial call of each before anything is trained."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
from idgen_compiler.hinge.kernels import kernel_key, named_kernels, unobserved_used
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Bind, Realize, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import warn_data
from idgen_torch.bound.brought import Brought, as_brought
from idgen_torch.bound.model import BoundModel, ask
from idgen_torch.families.family import ConditionalModel
from idgen_torch.parts import Values
from idgen_torch.seeds import stream_for
from idgen_torch.tensors import decode

__all__ = ["bound_model", "brought_for", "tried"]

TRIAL, TWICE = 2, 32
"""Each thing is called with so many rows before anything is trained; a function, which is called twice, with more."""

LOOKED_AT, FEW = 1000, 200
"""And with so many where answers have to tell the kind of what no table holds; with fewer where one takes batches."""


def brought_for(
    program: Program, bind: Mapping[str, Any] | None, needed: Collection[str] | None = None
) -> dict[str, Brought]:
    """Operation -> what is brought for it (see `hinge.kernels.named_kernels` for what `bind` may name).

    Raises DataError for a name of nothing, of two, or given twice, for what cannot be called or asks for a fallback
    that nobody learns, for a `train` whose density weighs rows, and for a bound kernel for which nothing is brought;
    warns (DataWarning) of a fallback that is learned and not asked for.
    """
    found = {}
    able = {op.result: op for op in program.operations if isinstance(op, Bind | Train)}
    weighing = {name: law.result for law in program.laws for name in _weighing(law)}
    for result, (key, thing) in named_kernels(program, bind, needed).items():
        op, brought = able[result], as_brought(key, thing)
        learned = isinstance(op, Bind) and bool(op.fallback)
        if brought.needs_fallback and not learned:
            raise DataError(
                f"bind[{key!r}] asks for a fallback, and the program learns none for {op.targets[0]}; compile with "
                f"fallbacks=[{op.targets[0]!r}], or give its argument fallback a default"
            )
        if learned and not brought.wants_fallback:
            warn_data(
                f"the program learns a fallback for {key!r}, and {brought.name} never asks for it; give it an argument "
                f"fallback, or compile without fallbacks=[{op.targets[0]!r}]"
            )
        if result in weighing:
            raise DataError(
                f"bind names {key!r}, whose density weighs the rows of {weighing[result]}, and what is brought only "
                f"draws; leave it out, or compile with bound=[{kernel_key(op)!r}] and realize='regenerate'"
            )
        found[result] = brought
    return found


def _weighing(law: Realize) -> Iterator[str]:
    """The models whose densities weigh rows, where a law can be had in that way alone."""
    if law.reweight and not law.regenerate:
        yield from leaves(law.reweight, Role.MODEL)


def tried(
    program: Program,
    brought: Mapping[str, Brought],
    schema: Schema,
    rows: Values,
    types: Mapping[str, TypeRequest],
    seed: int,
) -> Schema:
    """The schema with the kinds of what no table holds, once each thing that is brought was called on a few rows.

    A kind that `types` states whole (Image(3, 16, 16), Categorical(labels), Composite(fields)) is taken; otherwise it
    is inferred from what is returned, as it would be from a column; a structured array is a composite.

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
            _try(op, brought[op.result], kinds, columns, types, seed, most if op in telling else few)
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


def _try(
    op: Bind | Train,
    brought: Brought,
    kinds: dict[str, Kind],
    columns: dict[str, Array],
    types: Mapping[str, TypeRequest],
    seed: int,
    rows: int,
) -> None:
    """Call a thing on a few rows; learn its target's kind where that is not known, and keep what it returned."""
    (target,) = op.targets
    label = f"{op.result}: {kernel_key(op)} ({brought.name})"
    if any(name not in columns for name in op.inputs):  # of a variable that the caller sets, nothing is at hand
        return
    known = target in kinds
    count = max(1, min([rows, *(len(columns[name]) for name in op.inputs)]))
    inputs = {name: columns[name][:count] for name in op.inputs}

    def answers(seed: int) -> list[Any]:
        learned = isinstance(op, Bind) and bool(op.fallback)
        generator, draw = stream_for(seed, "trial", op.result), _no_fallback(target, kinds) if learned else None
        with torch.no_grad():
            return [
                ask(label, brought, target, {name: v[start : start + size].copy() for name, v in inputs.items()},
                    size, generator, draw)
                for start, size in _pieces(count, brought.batch)
            ]  # fmt: skip

    first = answers(seed)
    if not known:
        kinds[target] = _kind(label, target, _joined(label, target, first, count), types)

    def encoded(found: Sequence[Any]) -> list[Array]:
        seen = [
            encoded_return(label, target, kinds[target], answer, size)
            for (_, size), answer in zip(_pieces(count, brought.batch), found, strict=True)
        ]
        return [np.concatenate(parts) for parts in zip(*seen, strict=True)]

    seen = encoded(first)
    if brought.batch is None:  # whoever takes batches takes long
        _look_for_chance(op, label, seen, encoded(answers(seed)))
    if target not in columns:  # as others will be given it
        columns[target] = kinds[target].empty(count)
        kinds[target].decode(seen, columns[target])


def _look_for_chance(op: Bind | Train, label: str, first: Sequence[Array], again: Sequence[Array]) -> None:
    """Refuse a function that is none, and warn of a kernel whose draws its generator does not decide."""
    if all(np.array_equal(one, other) for one, other in zip(first, again, strict=True)):
        return
    if isinstance(op, Bind) and op.function:
        raise DataError(
            f"{label} gives two answers for the same {', '.join(op.inputs)}, but a function has one; bring one, or "
            f"compile with bound=[{kernel_key(op)!r}] in the place of functions="
        )
    warn_data(
        f"{label} draws otherwise from the same generator, so that equal seeds do not give equal samples; draw from "
        "the generator that it is handed (idgen_torch.bound.numpy_stream makes one of NumPy of it)"
    )


def _pieces(n: int, most: int | None) -> list[tuple[int, int]]:
    size = n if most is None else min(n, most)
    return [(start, min(size, n - start)) for start in range(0, n, size)]


def _no_fallback(target: str, kinds: Mapping[str, Kind]) -> Any:
    """A stand-in for the trained model, which there is none of yet: rows of nothing in particular."""

    def draw(inputs: Mapping[str, Array]) -> Array:
        count = len(next(iter(inputs.values()))) if inputs else 1
        kind = kinds[target]
        out = kind.empty(count)
        decode(
            kind, [torch.from_numpy(np.zeros((count, *a.part.entries), a.part.dtype)) for a in kind.atoms(target)], out
        )
        return out

    return draw


def _joined(label: str, target: str, answers: Sequence[Any], count: int) -> Array:
    try:
        values = np.concatenate([np.asarray(as_numpy(answer)) for answer in answers])
    except ValueError:
        raise DataError(f"{label} returns {target} as {described(answers[0])}; return one array") from None
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
        found[name] = kind.empty(len(parts[0]))
        decode(kind, parts, found[name])
    return found


def _parts(name: str, kind: Kind) -> Iterator[Part]:
    return (atom.part for atom in kind.atoms(name))


def bound_model(
    op: Bind | Train, brought: Mapping[str, Brought], schema: Schema, fallback: ConditionalModel | None = None
) -> BoundModel:
    """What samples an operation for which something is brought."""
    return BoundModel(op, brought[op.result], {name: schema[name] for name in (*op.targets, *op.inputs)}, fallback)

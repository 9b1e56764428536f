"""Which operation each thing that is brought is for, and a trial call of each before anything is trained."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from idgen_compiler.compile.bindings import read_conditional, written
from idgen_compiler.data.arrays import Array, as_numpy
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.part import Part
from idgen_compiler.data.returned import described, encoded_return
from idgen_compiler.data.schema import Schema, TypeRequest, images_among, infer_schema
from idgen_compiler.data.sources import read_sources
from idgen_compiler.errors import DataError, QueryError, near_misses
from idgen_compiler.ir.operations import Bind, Train
from idgen_compiler.ir.program import Program
from idgen_torch.bound.brought import Brought, as_brought
from idgen_torch.bound.model import BoundModel, ask
from idgen_torch.families.family import ConditionalModel
from idgen_torch.parts import Values
from idgen_torch.seeds import stream_for
from idgen_torch.tensors import decode

__all__ = ["bound_model", "brought_for", "tried", "unobserved_used"]

TRIAL = 2
"""Each thing is called with so many rows before anything is trained."""

LOOKED_AT, FEW = 1000, 200
"""And with so many where answers have to tell the kind of what no table holds; with fewer where one takes batches."""


def brought_for(
    program: Program, bind: Mapping[str, Any] | None, needed: Collection[str] | None = None
) -> dict[str, Brought]:
    """Operation -> what is brought for it.

    `bind` names conditionals as programs and reports print them, inputs in any order, by their target alone where that
    is one conditional, or by their operation. A `train` that is named is not trained. `needed` are the operations for
    which something has to be brought, every bound kernel where nobody says.

    Raises DataError for a name of nothing, of two, or given twice, for what cannot be called, and for a bound kernel of
    the program for which nothing is brought.
    """
    if bind is not None and not isinstance(bind, Mapping):
        raise DataError(f"bind is {bind!r:.80}; give a mapping, such as bind={{'Y | X': f}}")
    able = [op for op in program.operations if isinstance(op, Bind | Train) and len(op.targets) == 1]
    found: dict[str, Brought] = {}
    keys: dict[str, str] = {}
    for key, thing in (bind or {}).items():
        op = _meant(key, able)
        if op.result in found:
            raise DataError(f"bind names {key!r} and {keys[op.result]!r}, which are one conditional; give it once")
        found[op.result], keys[op.result] = as_brought(key, thing), key
    wanted = {op.result for op in program.bindings} if needed is None else set(needed)
    missing = [op for op in able if op.result in wanted and op.result not in found]
    if missing:
        named = ", ".join(repr(_label(op)) for op in missing)
        function = isinstance(missing[0], Bind) and missing[0].function
        example, takes = ("g", "g(inputs)") if function else ("f", "f(inputs, n, generator)")
        raise DataError(
            f"nothing is bound for {named}; give bind={{{_label(missing[0])!r}: {example}}}, with {takes} -> values"
        )
    return found


def _meant(key: object, able: Sequence[Bind | Train]) -> Bind | Train:
    """The operation that a key names."""
    known = [_label(op) for op in able]
    if not isinstance(key, str):
        raise DataError(f"bind names {key!r:.80}; name a conditional by its text, such as {(known or ['Y | X'])[0]!r}")
    for op in able:
        if key.strip() == op.result:
            return op
    try:
        targets, inputs = read_conditional(key.split(";")[0].rstrip(") ") + ")" if key.startswith("P(") else key)
    except QueryError as error:
        raise DataError(f"bind names {key!r}, which is no conditional: {error}") from None
    same = [op for op in able if op.targets == targets and set(op.inputs) == set(inputs)]
    alone = [op for op in able if op.targets == targets] if not inputs else []
    found = same or [op for op in alone if isinstance(op, Bind)] or alone
    if len(found) == 1:
        return found[0]
    near = [op for op in able if op.targets == targets]
    if found or near:
        listed = " or ".join(f"{_label(op)!r} ({op.result})" for op in found or near)
        raise DataError(f"bind names {key!r}, and the program has {listed}; name the one that is meant")
    raise DataError(f"bind names {key!r}, which is no conditional of the program{near_misses(key, known)}")


def _label(op: Bind | Train) -> str:
    return written(op.targets[0], op.inputs)


def unobserved_used(program: Program) -> tuple[str, ...]:
    """The variables that no table holds and that the program makes, reads or is given."""
    named = {name for op in program.bindings for name in (*op.targets, *op.inputs)}
    named.update(name for op in program.samplers for name in (*op.network.inputs, *op.network.outputs))
    return tuple(name for name in program.observe.unobserved if name in named)


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
        ready = [op for op in waiting if all(name in columns or name in kinds for name in op.inputs)]
        if not ready:
            lost = next(name for op in waiting for name in op.inputs if name not in kinds)
            raise DataError(f"nobody knows what {lost} is, which no table holds; say types={{{lost!r}: ...}}")
        for op in ready:
            waiting.remove(op)
            _try(op, brought[op.result], kinds, columns, types, seed, most if op in telling else TRIAL)
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
    label = f"{op.result}: {_label(op)} ({brought.name})"
    if any(name not in columns for name in op.inputs):  # of a variable that the caller sets, nothing is at hand
        return
    known = target in kinds
    count = max(1, min([rows, *(len(columns[name]) for name in op.inputs)]))
    inputs = {name: columns[name][:count] for name in op.inputs}
    generator = stream_for(seed, "trial", op.result)
    with torch.no_grad():
        answers = [
            ask(label, brought, target, {name: values[start : start + size] for name, values in inputs.items()}, size,
                generator, _no_fallback(target, kinds))
            for start, size in _pieces(count, brought.batch)
        ]  # fmt: skip
    if not known:
        kinds[target] = _kind(label, target, _joined(label, target, answers, count), types)
    seen = [
        encoded_return(label, target, kinds[target], answer, size)
        for (_, size), answer in zip(_pieces(count, brought.batch), answers, strict=True)
    ]
    if target not in columns:  # as others will be given it
        columns[target] = kinds[target].empty(count)
        kinds[target].decode([np.concatenate(parts) for parts in zip(*seen, strict=True)], columns[target])


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

"""The boundary between the data room's arrays and tensors: nothing else here turns one into the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.column import Column
from idgen_compiler.data.holding.memory import budget
from idgen_compiler.data.holding.memory import room as room_for
from idgen_compiler.data.images import room_for_images
from idgen_compiler.data.kinds import Atom, Kind
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.part import Part
from idgen_compiler.data.schema import Schema
from idgen_compiler.data.sources import Source
from idgen_torch.parts import Values
from idgen_torch.recurring import Places, Recurring
from idgen_torch.seeds import seed_for

__all__ = ["decode", "decoded", "encode_sources", "encode_value", "equal_rows", "held", "own_rows", "room"]


_CODE, _AT_ONCE, _LARGE = 8, 2**20, 2**30
"""Bytes of a code; so many rows are encoded at once; columns of more bytes (1 GiB) that are drawn go into files."""

_WIDE, _MOST_CODES = 64, 2**31
"""Rows of more columns than this are compared by sorting them; codes below the second number are combined unhashed."""


def equal_rows(columns: Sequence[Tensor]) -> Tensor:
    """Numbers that are equal for equal rows, found by hashing.  Shape: (rows, width) each -> (rows,) int64, on the CPU.

    >>> equal_rows([torch.tensor([[1], [1], [2], [1]]), torch.tensor([[0.5], [0.25], [0.5], [0.5]])]).tolist()
    [0, 1, 2, 0]
    """
    if sum(column.shape[1] for column in columns) > _WIDE:
        return torch.unique(torch.cat([column.cpu().double() for column in columns], 1), dim=0, return_inverse=True)[1]
    group, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in (own for part in columns for own in part.cpu().T):
        codes, found = pandas().factorize(column.numpy())
        group = group * len(found) + codes
        if size * len(found) > _MOST_CODES:
            group, seen = pandas().factorize(group)
            size = len(seen)
            continue
        size *= len(found)
    return torch.from_numpy(group)


def encode_sources(sources: Mapping[str, Source], schema: Schema, seed: int, memory: str | int | None = None) -> Values:
    """Every part of every variable, in the shapes and dtypes of `Values`.

    Images stay where they are, in memory or in a file; codes of a table whose rows are few different ones are
    `Recurring`. Columns that take more than `memory` together are put into files that are mapped into memory (see
    `data.holding.memory.budget`).
    """

    def stream(part: str) -> np.random.Generator:
        return np.random.default_rng(seed_for(seed, "dequantise", part))

    places: dict[int, Places] = {}
    found: Values = {}
    rows = len(next(iter(sources.values()), ()))
    in_files = rows * len(schema.parts(*sources)) * _CODE > budget(memory)
    for name, source in sources.items():
        for atom in schema[name].atoms(name):
            column, part = source.columns[atom.field], atom.part
            if column.place is None or not part.discrete:
                found[part.name] = held(
                    _in_file(atom.kind, part, column, stream(part.name))
                    if in_files and part.shape is None
                    else atom.kind.encode(column, stream(part.name))
                )
                continue
            few = held(atom.kind.encode(column.few, stream(part.name)))
            places.setdefault(id(column.place), Places(held(column.place), len(few)))
            found[part.name] = Recurring(few, places[id(column.place)])
    return found


def _in_file(kind: Atom, part: Part, column: Column, generator: np.random.Generator) -> Array:
    """A column as models see it, in a file; numbers a piece at a time, which are drawn as they are at once."""
    out = room_for((len(column), *part.entries), part.dtype, 0)
    step = _AT_ONCE if isinstance(kind, Number) and column.place is None and column.lacks is None else len(column)
    for start in range(0, len(column), step):
        piece = column if step == len(column) else Column(column.name, column.stored[start : start + step])
        out[start : start + step] = kind.encode(piece, generator)
    return out


def held(values: Array) -> Tensor:
    """An array as a tensor over the same memory or file; copied where torch cannot hold it."""
    holds = values.flags.writeable and min(values.strides, default=0) >= 0
    return torch.from_numpy(values if holds else values.copy())


def encode_value(setting: Setting, kind: Kind, value: Any) -> tuple[Tensor, ...]:
    """What a caller sets: a tensor for each part, with n rows or with one.

    Raises DataError for a value that the variable cannot take (see `Kind.check`).
    """
    return tuple(map(held, kind.check(setting, value)))


def decode(kind: Kind, parts: Sequence[Tensor], out: Array) -> None:
    """Write the values that some parts stand for into `out`, as the user knows them."""
    kind.decode([part.detach().cpu().numpy() for part in parts], out)


def decoded(kind: Kind, parts: Sequence[Tensor], count: int) -> Array:
    """The `count` values that some parts stand for, as the user knows them; one row that stands for all is read once.

    Shape: parts (count, ...) or (1, ...) -> (count, *entries); what one row stands for cannot be written into.
    """
    if all(len(part) == 1 or part.stride(0) == 0 for part in parts):
        parts = [part[:1] for part in parts]
    elif any(len(part) != count for part in parts):
        parts = [part.expand(count, *part.shape[1:]) for part in parts]
    out = kind.empty(len(parts[0]))
    decode(kind, parts, out)
    return out if len(out) == count else np.broadcast_to(out, (count, *out.shape[1:]))


def own_rows(values: Array) -> Array:
    """Rows that whoever is handed them may write into: one that stands for all is repeated."""
    return values if values.flags.writeable else values.copy()


def room(part: Part, count: int, like: Tensor) -> Tensor:
    """Room for so many values of a part; those of many rows are kept in a file, except on a GPU.

    Shape: (count, *entries), of the type and on the device of `like`.
    """
    if like.device.type == "cpu":
        if part.shape is not None:
            return torch.from_numpy(room_for_images(count, part.shape))
        return torch.from_numpy(room_for((count, *like.shape[1:]), part.dtype, _LARGE))
    return like.new_empty((count, *like.shape[1:]))

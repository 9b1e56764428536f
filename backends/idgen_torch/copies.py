"""Which rows are copies of one row: what is learned from one of them is not to be held against another."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import pandas
from idgen_compiler.data.copies import Seen, copies_among
from idgen_compiler.data.part import Form, Part
from idgen_torch.parts import Values

__all__ = ["copies_of", "first_copies"]

LONG = 40
"""Texts of so many bytes are not written twice by chance."""


def copies_of(parts: Sequence[Part], rows: Values) -> Tensor | None:
    """Numbers from 0 on, equal for rows that are copies of each other; None where hardly any are (see `copies_among`).

    Numbers of a grid are equal in the cells that they are spread over; equal pictures and long texts are copies, too.
    Shape: -> (rows,) int64, on the CPU.

    >>> rows = {name: torch.randn(4, 1, generator=torch.Generator().manual_seed(k)) for k, name in enumerate("xy")}
    >>> parts, again = [Part("x"), Part("y")], {name: values[[0, 1, 2, 1]] for name, values in rows.items()}
    >>> copies_of(parts, again).tolist(), copies_of(parts, rows)
    ([0, 1, 2, 1], None)
    """
    if all(part.discrete for part in parts):
        return None
    ordered = sorted(parts, key=lambda part: part.discrete)
    found = copies_among(_seen(part, rows[part.name]) for part in ordered)
    return None if found is None else torch.from_numpy(found)


def first_copies(copies: Tensor, weights: Tensor) -> Tensor:
    """The first of each row's copies, and of those the first that has a weight, if any has.

    Shape: copies (rows,) as `copies_of` tells them, weights (rows,) -> (rows,) int64.

    >>> first_copies(torch.tensor([0, 1, 0, 1]), torch.tensor([1.0, 0.0, 1.0, 2.0])).tolist()
    [0, 3, 0, 3]
    """
    order = torch.argsort((weights <= 0).long(), stable=True)
    order = order[torch.argsort(copies[order], stable=True)]
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), torch.bincount(copies).cumsum(0)[:-1]])
    return order[starts[copies]]


def _seen(part: Part, values: Tensor) -> Seen:
    array = values.detach().cpu().numpy()
    match part.form:
        case Form.CODES:
            return Seen.categories(array, part.size or 1)
        case Form.NUMBERS:
            once = ~np.isin(array[:, 0], np.array(part.masses, dtype=array.dtype))
            gridded = part.dim == 1 and float(getattr(part.kind, "grid", 0.0)) > 0
            return Seen.numbers(part.decode(array) if gridded else array, once)
    digests = [blake2b(row.tobytes(), digest_size=16).digest() for row in array]
    codes, found = pandas().factorize(np.array(digests, dtype=object))
    pictures = part.form is Form.PICTURES
    return Seen(codes, len(found), np.ones(len(codes), dtype=bool) if pictures else (array > 0).sum(1) >= LONG)

"""Rows of one thing, as copies of a row or visits of a person: whoever learned from one of them knows the others."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import torch
from torch import Tensor

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.part import Form, Part
from idgen_torch.parts import Values
from idgen_torch.tensors import equal_rows

__all__ = ["groups_of"]

MOST_ROWS, SHARE, FEW = 20, 0.25, 50
"""A value in more rows than this is a level, and its rows are told apart; so large a share of the rows has to have a
value in common with others, and so many groups there have to be."""
LONG = 40
"""Texts of so many bytes are not written twice by chance."""


def groups_of(inputs: Sequence[Part], targets: Sequence[Part], rows: Values) -> Tensor | None:
    """Numbers from 0 on, equal for rows that are held out together; None where each row is by itself.

    Numbers with all their digits do not recur by chance: rows that have them in common are copies, or of one person.
    What inputs say so goes before what targets do, so that no row is apart from others by its outcome alone. Numbers
    of a grid say nothing, nor do categories; equal pictures and long texts do.
    Shape: -> (rows,) int64, on the CPU.

    >>> x = torch.randn(60, 1, generator=torch.Generator().manual_seed(0))
    >>> rows = {"x": x.repeat(2, 1), "y": torch.zeros(120, 1)}
    >>> groups_of([Part("x")], [Part("y")], rows)[[0, 1, 60, 61]].tolist(), groups_of([Part("x")], [], {"x": x})
    ([0, 1, 0, 1], None)
    """
    for side in (inputs, targets):
        seen = (_recurring(part, rows[part.name]) for part in side if not part.discrete)
        if found := [each for each in seen if each is not None]:
            return _together(found)
    return None


def _together(columns: Sequence[tuple[Array, Array]]) -> Tensor | None:
    """Rows that recur in all of these columns, each a code (rows,), and whether a row's value is in few others."""
    several = np.logical_and.reduce([again for _, again in columns])
    codes = equal_rows([torch.from_numpy(codes).unsqueeze(1) for codes, _ in columns]).numpy()
    found, kept = pandas().factorize(np.where(several, codes, codes.max() + 1 + np.arange(len(codes))))
    return None if len(kept) < FEW or several.mean() < SHARE else torch.from_numpy(np.asarray(found, dtype=np.int64))


def _digests(values: Array) -> Array:
    return np.array([blake2b(row.tobytes(), digest_size=16).digest() for row in values], dtype=object)


def _recurring(part: Part, values: Tensor) -> tuple[Array, Array] | None:
    """The code of each row's value, and whether a few other rows have the same; None where hardly any have."""
    array = values.detach().cpu().numpy()
    once = np.full(len(array), True)
    if part.form is Form.NUMBERS:
        if float(getattr(part.kind, "grid", 0.0)) > 0:
            return None
        once = ~np.isin(array[:, 0], np.array(part.masses, dtype=array.dtype))
    elif part.form is Form.TEXTS:
        once = (array > 0).sum(1) >= LONG
    own = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else _digests(array)
    codes = np.asarray(pandas().factorize(own)[0], dtype=np.int64)
    often = np.bincount(codes)[codes]
    again = once & (often > 1) & (often <= MOST_ROWS)
    return (codes, again) if again.mean() >= SHARE else None

"""Columns that are modelled as what they do not look like."""

from __future__ import annotations

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Atom
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema, infer_schema
from idgen_compiler.data.sources import read_weighed
from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.diagnostics import Concern
from idgen_compiler.warning import quietly
from idgen_torch.parts import Values
from idgen_torch.running.diagnosing.drawn import Kinds

__all__ = ["odd_types"]

MOST_ROWS = 20_000

FEW_VALUES, OFTEN = 12, 20
"""A number that has so few values, each in so many rows on average, looks like labels."""

MANY_LABELS, SELDOM = 12, 40
"""A category of more labels than this, all numbers, each in fewer rows than that on average, is a number in pieces."""


def odd_types(schema: Schema, rows: Values, kinds: Kinds) -> list[Concern]:
    """Numbers that take hardly any values, and categories that count or measure, where nobody would guess so.

    A number with few values is asked, and drawn, between them; a category of many numbers is learned value by value,
    each from few rows, and knows no order. What the column itself would be taken for is never told of.
    """
    found = []
    parts = {part.name: part for name in schema.types for part in schema.parts(name)}
    for name, kind in kinds.items():
        part = parts[name]
        if name not in rows or part.dim != 1 or part.form not in (Form.CODES, Form.NUMBERS):
            continue
        values = np.asarray(kind.told(rows[name][:MOST_ROWS].cpu().numpy())).reshape(-1)
        one = _number_of_labels(name, values) if part.form is Form.NUMBERS else _labels_of_numbers(name, values)
        if one is not None and (guess := _guessed(name, values)) is not None and guess.word != kind.word:
            found.append(one)
    return found


def _guessed(name: str, values: Array) -> Atom | None:
    """The kind that a column would be of if nobody said."""
    try:
        with quietly():
            sources, _ = read_weighed({name: values}, [name])
            (atom,) = infer_schema(sources, None, quiet=True)[name].atoms(name)
    except (IdgenError, ValueError):
        return None
    return atom.kind


def _number_of_labels(name: str, values: Array) -> Concern | None:
    distinct = np.unique(values)
    if values.dtype.kind not in "iuf" or not 1 < len(distinct) <= FEW_VALUES or len(values) < OFTEN * len(distinct):
        return None
    said = (
        f"{name} is modelled as a number, but has {len(distinct)} values only in {len(values)} rows: their order and "
        "distances are taken to mean something"
    )
    remedy = f"Fit it as a category, as by types={{{name!r}: 'categorical'}}, or leave its type out"
    return Concern("yellow", "type", name, said, remedy)


def _labels_of_numbers(name: str, values: Array) -> Concern | None:
    distinct, counts = np.unique(values.astype(str), return_counts=True)
    try:
        numbers = distinct.astype(float)
    except ValueError:
        return None
    if len(distinct) <= MANY_LABELS or float(counts.mean()) >= SELDOM:
        return None
    word = "integer" if (numbers == np.round(numbers)).all() else "continuous"
    said = (
        f"{name} is modelled as a category of {len(distinct)} labels, which are all numbers and have "
        f"{counts.mean():.1f} rows each: nothing is learned of one from those next to it"
    )
    return Concern(
        "yellow", "type", name, said, f"Fit it as a number, as by types={{{name!r}: {word!r}}}", len(distinct)
    )

"""Columns that are modelled as what they do not look like."""

from __future__ import annotations

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.hinge.diagnostics import Concern
from idgen_torch.parts import Values
from idgen_torch.running.diagnosing.drawn import Kinds

__all__ = ["odd_types"]

FEW_VALUES, OFTEN = 12, 20
"""A number that has so few values, each in so many rows on average, looks like labels."""

MANY_LABELS, SELDOM = 25, 40
"""A category of so many labels that are numbers, or of numbers with fractions, is a number cut to pieces; so is one
whose labels have fewer rows than this on average."""


def odd_types(schema: Schema, rows: Values, kinds: Kinds) -> list[Concern]:
    """Numbers that take hardly any values, and categories that count or measure.

    A number with few values is drawn between them; a category of many numbers is learned value by value, each from few
    rows, and knows no order.
    """
    found = []
    for name, kind in kinds.items():
        if name not in rows:
            continue
        parts = [part for variable in schema.types for part in schema.parts(variable) if part.name == name]
        values = rows[name].cpu().numpy()
        if parts[0].form is Form.NUMBERS and parts[0].dim == 1 and parts[0].between:
            if (one := _number_of_labels(name, np.asarray(kind.told(values)).reshape(-1), parts[0].masses)) is not None:
                found.append(one)
        elif parts[0].form is Form.CODES and (one := _labels_of_numbers(name, kind.told(values))) is not None:
            found.append(one)
    return found


def _number_of_labels(name: str, values: Array, masses: tuple[float, ...]) -> Concern | None:
    distinct = np.unique(values)
    if masses or len(distinct) > FEW_VALUES or len(values) < OFTEN * len(distinct) or len(distinct) < 2:
        return None
    return Concern(
        "yellow", "type", name,
        f"{name} is modelled as a number, but has {len(distinct)} values only in {len(values)} rows; draws lie between "
        "them",
        f"Fit it as a category, as by types={{{name!r}: 'categorical'}}, or leave its type out",
    )  # fmt: skip


def _labels_of_numbers(name: str, values: Array) -> Concern | None:
    distinct, counts = np.unique(values.astype(str), return_counts=True)
    try:
        numbers = distinct.astype(float)
    except ValueError:
        return None
    fractions = bool((numbers != np.round(numbers)).any())
    many = len(distinct) > MANY_LABELS or (fractions and len(distinct) > FEW_VALUES)
    if not many or float(counts.mean()) >= SELDOM:
        return None
    return Concern(
        "yellow", "type", name,
        f"{name} is modelled as a category of {len(distinct)} labels, which are all numbers and have "
        f"{counts.mean():.1f} rows each; what is near is not known to be alike",
        f"Fit it as a number, as by types={{{name!r}: {'continuous' if fractions else 'integer'!r}}}", len(distinct),
    )  # fmt: skip

"""At which values of treatments and conditions a page shows the answers, where nobody says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.backend import schema_of
from idgen_compiler.hinge.question import query_of, stated_values
from idgen_compiler.ir.operations import Sample

_NOT_CHOSEN = ("image", "text", "vector")

__all__ = ["grid_of", "settings_of", "typical_values"]

MOST_VALUES, MOST_SETTINGS, GRID = 4, 6, 9
"""So many values of a treatment, and settings of all treatments, are shown; so many points make a curve."""


def typical_values(sampler: Any, name: str) -> list[Any]:
    """Values that are like the data: the labels of a category, a low, a middle and a high number.

    Raises DataError for a variable of which none can be said, such as an image.
    """
    found = _values(sampler, name, [-1.0, 0.0, 1.0])
    if not found:
        raise DataError(f"nobody said at which {name} to show the answers; give do={{{name!r}: ...}}")
    return found[:MOST_VALUES]


def grid_of(sampler: Any, name: str) -> list[Any]:
    """Values of a number that make a curve, ascending; none for anything but a number of many values."""
    kind = _kind(sampler, name)
    if kind is None or not hasattr(kind, "middle"):
        return []
    values = _values(sampler, name, np.linspace(-1.3, 1.3, GRID).tolist())
    return values if len(values) > 4 else []


def settings_of(
    sampler: Any,
    op: Sample,
    do: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None,
    given: Mapping[str, Any] | None,
) -> tuple[list[dict[str, Any]], dict[str, Any], tuple[str, ...]]:
    """The settings of treatments, the values of conditions, and what to say about their choice.

    Raises DataError where a value is needed and none can be chosen.
    """
    query = query_of(sampler.program, op)
    stated = stated_values(sampler.program, op.query or None)
    drawn, notes = dict(query.policies), []
    if do is None:
        free = [name for name in query.treatments if name not in stated and name not in drawn]
        chosen = {name: typical_values(sampler, name) for name in free}
        settings = [dict(zip(free, values, strict=True)) for values in product(*chosen.values())][:MOST_SETTINGS]
        if free:
            notes.append(f"Values of {', '.join(free)} were chosen to be like the data.")
    else:
        settings = [dict(do)] if isinstance(do, Mapping) else [dict(each) for each in do]
    conditions = dict(given or {})
    for name in query.conditions:
        if name not in conditions and name not in stated:
            values = typical_values(sampler, name)
            conditions[name] = values[len(values) // 2] if hasattr(_kind(sampler, name), "middle") else values[0]
            notes.append(f"{name} = {conditions[name]} was chosen to be like the data.")
    return settings or [{}], conditions, tuple(notes)


def _kind(sampler: Any, name: str) -> Any:
    schema = schema_of(sampler)
    return schema[name] if schema is not None and name in schema.types else None


def _values(sampler: Any, name: str, places: Sequence[float]) -> list[Any]:
    kernels = getattr(sampler, "kernels", None)
    if kernels is not None:  # of an exact sampler
        labels = getattr(sampler, "labels", {})
        for kernel in kernels.values():
            for slot, size in zip((*kernel.given, *kernel.targets), kernel.table.shape, strict=True):
                if slot == name:
                    return list(labels.get(name, range(size)))
    kind = _kind(sampler, name)
    if kind is None:
        return []
    if hasattr(kind, "fields"):
        each = [_of_kind(field, places) for field in dict(kind.fields).values()]
        most = max(map(len, each), default=0)
        return [tuple(values[k % len(values)] for values in each) for k in range(most)] if all(each) else []
    return _of_kind(kind, places)


def _of_kind(kind: Any, places: Sequence[float]) -> list[Any]:
    labels = getattr(kind, "labels", None) or getattr(kind, "levels", None)
    if labels is not None:
        chosen = labels if len(labels) <= MOST_VALUES else [labels[0], labels[len(labels) // 2], labels[-1]]
        return list(chosen)
    if kind.word in _NOT_CHOSEN:
        return []
    told = kind.told(np.asarray(places, np.float32)[:, None])
    if told.dtype.kind == "f":
        return list(dict.fromkeys(_rounded(told)))
    return list(dict.fromkeys(told.tolist() if told.dtype.kind in "iu" else list(told)))


def _rounded(values: Array) -> list[float]:
    """Numbers of no more digits than tell them apart."""
    apart = float(values.max() - values.min())
    digits = 2 - math.floor(math.log10(apart)) if apart > 0 and math.isfinite(apart) else 12
    return [round(value, digits) for value in values.tolist()]

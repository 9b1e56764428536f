"""Values that hardly belong to their column: mistyped ones, and numbers that stand for a missing value."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.numbers.scale import TAIL, Scale
from idgen_compiler.warning import warn_data

__all__ = ["warn_absurd"]

FEW = 20
"""So few values do not say what is usual."""

FAR = 100.0
"""So many interquartile ranges beyond the quartiles a value is told."""

FAR_IN_LOGARITHMS = TAIL + np.log1p(10.0 - TAIL)
"""Where the scale is one of logarithms, it also has to be ten widths from the center."""

_ENDS = {float(sign * end) for bits in (15, 31, 63) for sign, end in ((1, 2**bits - 1), (-1, 2**bits))}
_SURVEYS = (-1.0, -7.0, -8.0, -9.0)


def warn_absurd(name: str, values: Array, scale: Scale, masses: Collection[float]) -> None:
    """Warn (DataWarning) of values that are absurdly far out, and of one that looks like a mark for *missing*.

    Point masses are not far out, whatever they are.  Shape: values (rows,), in their own unit.
    """
    if len(values) < FEW:
        return
    distinct, first, counts = np.unique(values, return_index=True, return_counts=True)
    marks = [k for k in {0, len(distinct) - 1} if len(distinct) > 2 and _is_mark(distinct, counts, k, scale)]
    for k in marks:
        warn_data(
            f"column {name} holds {distinct[k]:.10g} in {counts[k]} of {len(values)} rows, first in row {first[k]} "
            "(counting from 0), apart from all other values: it looks like a mark for missing; if it is one, drop "
            "these rows or make it a missing value, for it counts as a number"
        )
    low, high = np.quantile(values, (0.25, 0.75))
    apart = np.maximum(distinct - high, low - distinct)
    far = np.isin(distinct, list(masses), invert=True) & (apart > FAR * max(high - low, _width_of(scale)))
    far[marks] = False
    if scale.log:  # long tails are no mistake there
        far &= np.abs(scale.seen(distinct)) > FAR_IN_LOGARITHMS
    if far.any():
        worst = int(np.where(far, apart, -np.inf).argmax())
        others = int(counts[far].sum()) - 1
        also = f"; {others} more row(s) have such values" if others else ""
        warn_data(
            f"column {name} holds {distinct[worst]:.10g} in row {first[worst]} (counting from 0), where half of the "
            f"values lie in [{low:.4g}, {high:.4g}]{also}; correct it if it is a mistake: models see it drawn in, and "
            "the rows keep it"
        )


def _width_of(scale: Scale) -> float:
    """The distance from the center to one width above, in the numbers' own unit."""
    middle, above = scale.own(np.array([0.0, 1.0]))
    return float(abs(above - middle))


def _is_mark(distinct: Array, counts: Array, at: int, scale: Scale) -> bool:
    """Whether the least or the largest value is a number that people write for a missing one, and lies apart."""
    value = float(distinct[at])
    others = np.delete(distinct, at)
    if value in _SURVEYS and at == 0 and others[0] >= 0 and counts[at] >= 3:
        return True
    gap = abs(value - (others[0] if at == 0 else others[-1]))
    apart = gap > max(others[-1] - others[0], 0) / 4 and abs(float(scale.seen(np.array(value)))) > 3
    return apart and _is_written_for_missing(value)


def _is_written_for_missing(value: float) -> bool:
    if value in _ENDS:
        return True
    size = abs(value)
    if size != np.rint(size) or size >= 1e16:
        return size >= 1e16 and np.log10(size) == np.rint(np.log10(size))
    digits = str(int(size))
    return (len(digits) >= 2 and set(digits) == {"9"}) or (len(digits) >= 6 and digits.rstrip("0") == "1")

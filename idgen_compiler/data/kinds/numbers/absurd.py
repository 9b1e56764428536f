"""Values that hardly belong to their column: mistyped ones, and numbers that stand for a missing value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.numbers.scale import TAIL, Scale
from idgen_compiler.warning import warn_data

__all__ = ["warn_absurd", "warn_marks"]

FEW = 20
"""So few values do not say what is usual."""

FAR = 100.0
"""So many interquartile ranges beyond the quartiles a value is told."""

FAR_IN_LOGARITHMS = TAIL + np.log1p(10.0 - TAIL)
"""Where the scale is one of logarithms, it also has to be ten widths from the center."""

_WRITTEN = 10
"""Numbers that are written with few digits are whole multiples of one over this."""

MOST_ZEROS = 0.3
"""Zeros in more rows than this are no marks."""

_ENDS = {float(sign * end) for bits in (15, 31, 63) for sign, end in ((1, 2**bits - 1), (-1, 2**bits))}
_SURVEYS = (-1.0, -7.0, -8.0, -9.0)
_LAST = (7.0, 8.0, 9.0)
"""What surveys write for an answer that is missing, beside answers of one digit."""


def warn_absurd(name: str, values: Array, scale: Scale, masses: Collection[float]) -> None:
    """Warn (DataWarning) of values that are absurdly far out, and of one that looks like a mark for *missing*.

    Point masses are not far out, whatever they are.  Shape: values (rows,), in their own unit.
    """
    if len(values) < FEW:
        return
    distinct, first, counts = np.unique(values, return_index=True, return_counts=True)
    ends = {0, len(distinct) - 1} if len(distinct) > 2 else ()
    marks = [k for k in ends if _is_mark(distinct, counts, k, scale) or _is_mass_apart(distinct, counts, k, masses)]
    for k in marks:
        warn_data(
            f"column {name} holds {distinct[k]:.10g} in {counts[k]} of {len(values)} rows, first in row {first[k]} "
            "(counting from 0), apart from all other values: it looks like a mark for missing; if it is one, say "
            f"missing_marks=[{distinct[k]:.10g}] and what becomes of missing values, for it counts as a number"
        )
    _warn_filled(name, values, masses)
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


def warn_marks(name: str, labels: Sequence[object], codes: Callable[[], Array]) -> None:
    """Warn (DataWarning) of a label that looks like a mark for *missing* among labels that are whole numbers.

    -9 beside 0 and 1, 99 beside small numbers, 9 (and 7 and 8) beside answers up to 4. Codes are made where they are
    looked at.  Shape: codes (rows,).
    """
    numbers = [float(label) for label in labels if isinstance(label, int | float) and not isinstance(label, bool)]
    if len(numbers) < len(labels) or len(numbers) < 3 or any(number != np.rint(number) for number in numbers):
        return
    for mark in _marks_among(sorted(numbers)):
        rows = codes() == numbers.index(mark)
        warn_data(
            f"column {name} holds the label {mark:.10g} in {int(rows.sum())} of {len(rows)} rows, first in row "
            f"{int(rows.argmax())} (counting from 0), apart from the others: it looks like a mark for missing; if it "
            f"is one, say missing_marks=[{mark:.10g}] and what becomes of missing values, for it counts as a category"
        )


def _marks_among(numbers: Sequence[float]) -> list[float]:
    """Which of some whole numbers, sorted, people write for a missing one beside the others."""
    answers = [number for number in numbers if number not in _LAST]
    if len(answers) > 1 and 9.0 in numbers and set(answers) <= {0.0, 1.0, 2.0, 3.0, 4.0}:
        return [number for number in numbers if number in _LAST]
    found = []
    for at in (0, -1):
        mark, others = numbers[at], numbers[1:] if at == 0 else numbers[:-1]
        span = others[-1] - others[0]
        gap = abs(mark - (others[0] if at == 0 else others[-1]))
        alone = at == 0 and mark < 0 <= others[0]
        power_of_ten = mark > 0 and mark not in _ENDS and not str(int(mark)).strip("10")
        written = _is_written_for_missing(mark) and not power_of_ten
        if (alone and mark in _SURVEYS and gap > max(span, 1.0)) or (written and gap > 2 * span):
            found.append(mark)
    return found


def _warn_filled(name: str, values: Array, masses: Collection[float]) -> None:
    """Warn of a point mass that is the mean of all other values, as filling in missing ones leaves it."""
    for mass in masses:
        there = values == mass
        others = values[~there]
        if len(others) < FEW or not others.min() < mass < others.max():
            continue
        spread = float(others.std())
        if abs(float(others.mean()) - mass) < 1e-6 * spread:
            warn_data(
                f"column {name} holds {mass:.10g} in {int(there.sum())} of {len(values)} rows, the mean of all others: "
                "it looks filled in where values were missing, which understates how they go together; leave these "
                "rows out, or fill them in by what is known of each"
            )


def _is_mass_apart(distinct: Array, counts: Array, at: int, masses: Collection[float]) -> bool:
    """Whether the least or largest value is a point mass apart from the rest: nines a little above, or 0 far below.

    0 only among numbers that are written with few digits, as ages are, and in fewer rows than a treatment's "none":
    logarithms and doses have such zeros.
    """
    value = float(distinct[at])
    if value not in masses or counts[at] < 3:
        return False
    others = np.delete(distinct, at)
    span = float(others[-1] - others[0])
    if at == 0:
        rare = counts[at] <= MOST_ZEROS * counts.sum()
        short = bool((np.abs(others * _WRITTEN - np.rint(others * _WRITTEN)) < 1e-6 * np.abs(others)).all())
        return value == 0 and float(others[0]) > span / 5 and rare and short
    return _is_written_for_missing(value) and value - float(others[-1]) > span / 20


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

"""Numbers by the equal program whose estimated variance is the least, chosen on rows that it is not answered from.

Equal programs have equal answers on the laws of the graph and other influence functions, hence other variances. If the
rows that answer also chose, a program would be taken where chance favors it, and its interval would be too narrow where
two are about level. So the rows are halved: each half is answered for by the program that is chosen on the other.
With the estimate e and influence function phi of a program on all rows, e + mean of phi over a half is, to first order,
its estimate from that half alone; the answer is the mean of these over the halves, and the influence function of a row
that of the program that answers for it. Where both halves choose the same program this is just its estimate from all
rows, since phi has mean zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.measures import Functional
from idgen_compiler.hinge.question import Question
from idgen_compiler.ir.alternatives import Alternative
from idgen_torch.estimating import Folds
from idgen_torch.running.estimates.counted import CountedProgram
from idgen_torch.running.estimates.found import Found

__all__ = ["HALVES", "Candidate", "chosen", "found_by_variance"]

HALVES = 2

BETTER = 0.99
"""Another program is taken from this part of the first one's variance on; a smaller gain is not worth the change."""

ROUNDING = 1e-9
"""Two programs whose variances differ by less than this part of the first one's are level, and the earlier is taken."""

Ask = Callable[[Alternative], Question]


class Candidate:
    """An equal program, on some of the rows at a time."""

    def __init__(self, alternative: Alternative, counted: Callable[[Array | None], CountedProgram | None]) -> None:
        self.alternative = alternative
        self._counted = counted
        self._made: dict[bytes, CountedProgram | None] = {}

    def on(self, rows: Array | None) -> CountedProgram:
        """The program on some rows by a mask, None for all.  Raises DataError where it has no closed form there."""
        key = b"" if rows is None else rows.tobytes()
        if key not in self._made:
            self._made[key] = self._counted(rows)
        made = self._made[key]
        if made is None:
            raise DataError(f"{self.alternative.form} has no closed form")
        return made

    def variances(self, ask: Ask, functionals: Sequence[Functional], rows: Array) -> Array | None:
        """The estimated variance of each number from some rows; None where the rows do not determine all of them."""
        try:
            return self.on(rows).variances(ask(self.alternative), functionals)
        except DataError:
            return None


def found_by_variance(
    candidates: Sequence[Candidate],
    ask: Ask,
    functionals: Sequence[Functional],
    weights: Array | None,
    folds: Folds,
) -> Found:
    """The means of some functionals at one place.

    The first candidate is the program that was compiled, which answers where no other does.
    """
    picked = [chosen(candidates, ask, functionals, ~folds.held(fold)) for fold in range(folds.k)]
    parts = {each: each.on(None).found(ask(each.alternative), functionals) for each in dict.fromkeys(picked)}
    first = parts[picked[0]]
    forms = list(dict.fromkeys(each.alternative.form for each in picked))
    told = f"answered by the program {' and '.join(forms)}, chosen among {len(candidates)} equal ones by its variance"
    if len(parts) == 1:
        return replace(first, notes=(*first.notes, told))
    mass = np.ones(folds.n) if weights is None else weights
    values, influence = np.zeros_like(first.values), np.zeros_like(first.influence)
    for fold, each in enumerate(picked):
        held, one = folds.held(fold), parts[each]
        share = mass[held].sum() / mass.sum()
        values += share * (one.values + np.average(one.influence[held], axis=0, weights=mass[held]))
        influence[held] = one.influence[held]
    influence -= np.average(influence, axis=0, weights=mass)
    return _mixed(list(parts.values()), values, influence, told)


def _mixed(parts: Sequence[Found], values: Array, influence: Array, told: str) -> Found:
    """Numbers to which several programs contribute: what is said of each holds for all."""
    unsure = [part.unsure for part in parts if part.unsure is not None]
    return replace(
        parts[0],
        values=values,
        influence=influence,
        effective_rows=min(part.effective_rows for part in parts),
        largest_share=max(part.largest_share for part in parts),
        freedom=min(part.freedom for part in parts),
        unsure=np.maximum.reduce(unsure) if unsure else None,
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
        notes=(*dict.fromkeys(text for part in parts for text in part.notes), told),
    )


def chosen(candidates: Sequence[Candidate], ask: Ask, functionals: Sequence[Functional], rows: Array) -> Candidate:
    """The candidate whose variances are the least on some rows, as multiples of the first one's, on average."""
    first = candidates[0].variances(ask, functionals, rows)
    if first is None or not (first > 0).any():
        return candidates[0]
    best, least = candidates[0], BETTER
    for each in candidates[1:]:
        own = each.variances(ask, functionals, rows)
        if own is not None and (ratio := float((own[first > 0] / first[first > 0]).mean())) < least - ROUNDING:
            best, least = each, ratio
    return best

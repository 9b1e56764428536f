"""Numbers by drawing from a sampler: as it is (the plug-in), and from what it becomes when rows are drawn again."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.measures import Asking, Functional, Measure
from idgen_compiler.hinge.question import Question
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import quietly
from idgen_torch.running.estimates.bootstrap.refits import Refits, drawn
from idgen_torch.running.estimates.bootstrap.resampling import Resampling
from idgen_torch.running.estimates.counted import CountedProgram
from idgen_torch.running.estimates.found import Found
from idgen_torch.running.progress import shown

__all__ = ["Place", "bootstrapped", "plugged_in"]

LEAST_DRAWS, MOST_DRAWS, DRAWS_A_ROW = 10_000, 100_000, 10
"""Samples whose mean is a number: some for each row, so that the error of drawing is small beside that of the fit."""

ASIDE = 0.5
"""Repeats that lie so many standard errors to one side of the number are told of."""


@dataclass(frozen=True, eq=False)
class Place:
    """Some functionals that are asked at one place of one program: `at` says where they stand among all that is asked.

    `measure` is one of them, and says the place.
    """

    at: list[int]
    program: Program
    question: Question
    measure: Measure
    functionals: list[Functional]


def plugged_in(place: Place, refits: Refits, asking: Asking) -> Found:
    """The sampler's own numbers: means of what it draws, whose error here is that of drawing alone."""
    n = draws_of(asking, refits)
    values = drawn(refits.point(place.measure.program), place.measure, place.functionals, n, asking.seed)
    count, weights = values.shape[1], refits.observed.weights
    share = 1 / refits.observed.count if weights is None else float(weights.max() / weights.sum())
    return Found(
        values.mean(0), np.zeros((refits.observed.count, count)), "plug-in", refits.observed.effective_rows, share,
        np.zeros(count), np.atleast_2d(np.cov(values, rowvar=False)) / n, notes=(f"means of {n:,} samples",),
        cautions=(
            "the interval holds the error of drawing alone, and not that of the fit; ask with method='auto' or "
            "'bootstrap' for both",
        ),
    )  # fmt: skip


def draws_of(asking: Asking, refits: Refits) -> int:
    """How many samples a number is the mean of."""
    return asking.n or int(np.clip(DRAWS_A_ROW * refits.observed.count, LEAST_DRAWS, MOST_DRAWS))


def bootstrapped(
    places: Sequence[Place],
    counted: Sequence[CountedProgram | None],
    resampling: Resampling,
    refits: Callable[[], Refits],
    asking: Asking,
) -> list[Found]:
    """The numbers of each place, and those of every repeat, all places from the same rows.

    Where all is categories (`counted`) only tables are counted anew, elsewhere every model is fitted anew.
    An interruption says how many repeats are kept.
    """
    found: dict[int, Found] = {}
    for program in {id(one): one for one in counted if one is not None}.values():
        mine = [k for k, one in enumerate(counted) if one is program]
        asked = [(places[k].question, places[k].functionals) for k in mine]
        draws = program.repeated(asked, resampling.each(asking.seed, asking.repeats))
        for k, each in zip(mine, draws, strict=True):
            point = program.found(places[k].question, places[k].functionals)
            notes = (*point.notes, f"{asking.repeats} bootstrap repeats of the tables")
            found[k] = replace(point, method="bootstrap", draws=each, notes=notes)
    learned = [k for k, one in enumerate(counted) if one is None]
    if learned:
        again = _refitted([places[k] for k in learned], refits(), resampling, asking)
        found |= dict(zip(learned, again, strict=True))
    return [found[k] for k in range(len(places))]


def _refitted(places: Sequence[Place], refits: Refits, resampling: Resampling, asking: Asking) -> list[Found]:
    """Every repeat draws from the same seed, by which the error of drawing is nearly the same in all."""
    points, n = [plugged_in(place, refits, asking) for place in places], draws_of(asking, refits)
    draws = [np.zeros((asking.repeats, len(place.at))) for place in places]
    done = 0
    try:
        with shown(True) as progress:
            progress.start(f"bootstrap, {asking.repeats} fits", asking.repeats)
            for repeat in range(asking.repeats):
                for place, numbers in zip(places, draws, strict=True):
                    numbers[repeat] = _repeat(place, refits, resampling, asking, repeat, n)
                done = repeat + 1
                progress.advance(math.nan)
            progress.done()
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"bootstrap interrupted after {done} of {asking.repeats} repeats, which the sampler keeps; the same "
            "question goes on from there"
        ) from None
    notes = (f"{asking.repeats} bootstrap repeats, each fitted anew, and means of {n:,} samples",)
    return [
        replace(point, method="bootstrap", draws=own, notes=notes, cautions=tuple(_aside(place, point.values, own)))
        for place, point, own in zip(places, points, draws, strict=True)
    ]


def _repeat(place: Place, refits: Refits, resampling: Resampling, asking: Asking, repeat: int, n: int) -> Array:
    try:
        sampler = refits.repeat(place.measure.program, resampling, asking.seed, repeat)
        with quietly():
            return np.asarray(drawn(sampler, place.measure, place.functionals, n, asking.seed).mean(0))
    except DataError as error:
        raise type(error)(f"repeat {repeat + 1} of the bootstrap: {error}") from error


def _aside(place: Place, values: Array, draws: Array) -> list[str]:
    """What to say of repeats that lie to one side of the number, beyond what chance does."""
    se, off = draws.std(axis=0, ddof=1), draws.mean(axis=0) - values
    most = ASIDE + 2 / math.sqrt(len(draws))
    return [
        f"the repeats of {functional.name} lie {off[k] / se[k]:+.1f} standard errors to the side of the number itself: "
        "models of drawn rows differ from the fit's by more than chance, and the interval may be off"
        for k, functional in enumerate(place.functionals)
        if se[k] > 0 and abs(off[k]) > most * se[k]
    ]

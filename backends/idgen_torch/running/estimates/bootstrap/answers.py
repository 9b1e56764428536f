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
from idgen_torch.running.telling import shown

__all__ = ["Place", "bootstrapped", "plugged_in"]

LEAST_DRAWS, MOST_DRAWS, DRAWS_A_ROW = 10_000, 100_000, 10
"""Samples whose mean is a number: some for each row, so that the error of drawing is small beside that of the fit."""

LEAST_TRAININGS, REPEATS_A_TRAINING = 8, 20
"""So many trainings say how far another seed moves a number, or one for so many repeats."""

ASIDE = 1.0
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
            "method='bootstrap' for both",
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
    """All draw from the same seed, by which the error of drawing is nearly the same in all.

    Models that are trained on from those of the fit say how far the rows move a number, and not how far training does:
    they share a start, and with rows as they are end a little to one side of it, too. So the repeats are laid about the
    number, and each is moved by as much as one of some trainings to the rows as they are, from nothing on, is off
    their mean.
    """
    points, n = [plugged_in(place, refits, asking) for place in places], draws_of(asking, refits)
    trainings = max(LEAST_TRAININGS, asking.repeats // REPEATS_A_TRAINING)
    whole = trainings + asking.repeats
    numbers = [np.zeros((whole, len(place.at))) for place in places]
    done = 0
    try:
        with shown(True) as progress:
            progress.start(f"bootstrap, {whole} fits", whole)
            for k in range(whole):
                for place, own in zip(places, numbers, strict=True):
                    own[k] = _repeat(place, refits, resampling, asking, k - trainings, n)
                done = k + 1
                progress.advance(math.nan)
            progress.done()
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"bootstrap interrupted after {done} of {whole} fits, which the sampler keeps; the same question goes on "
            "from there"
        ) from None
    notes = (
        f"{asking.repeats} bootstrap repeats, each fitted anew, {trainings} trainings from other seeds, and means of "
        f"{n:,} samples",
    )
    found = []
    for place, point, own in zip(places, points, numbers, strict=True):
        noise, moved = own[:trainings], own[trainings:]
        noise = (noise - noise.mean(axis=0)) * math.sqrt(trainings / (trainings - 1))
        draws = point.values + (moved - moved.mean(axis=0)) + noise[np.arange(asking.repeats) % trainings]
        aside = _aside(draws, moved.mean(axis=0) - point.values) + _unmoved(moved, place.functionals)
        found.append(replace(point, method="bootstrap", draws=draws, notes=notes, cautions=aside))
    return found


def _repeat(place: Place, refits: Refits, resampling: Resampling, asking: Asking, repeat: int, n: int) -> Array:
    """The numbers of one repeat, or for a negative one of a training to the rows as they are.  Shape: (m,)."""
    program, seed = place.measure.program, asking.seed
    try:
        if repeat < 0:
            sampler = refits.training(program, resampling, seed, -1 - repeat)
        else:
            sampler = refits.repeat(program, resampling, seed, repeat)
        with quietly():
            return np.asarray(drawn(sampler, place.measure, place.functionals, n, seed).mean(0))
    except DataError as error:
        what = f"training {-repeat}" if repeat < 0 else f"repeat {repeat + 1}"
        raise DataError(f"{what} of the bootstrap: {error}") from error


def _unmoved(draws: Array, functionals: Sequence[Functional]) -> tuple[str, ...]:
    """What to say where drawing rows changes nothing; a share of none or of all may well stay so.

    Shape: draws (repeats, m).
    """
    ends = [functional.ends or () for functional in functionals]
    if all((own != own[0]).any() or float(own[0]) in end for own, end in zip(draws.T, ends, strict=True)):
        return ()
    return (
        "a number is the same in every repeat: it is whatever rows are drawn, or models do not heed how much a row "
        "weighs (task.weights), and the interval is too narrow",
    )


def _aside(draws: Array, off: Array) -> tuple[str, ...]:
    """What to say where the repeats lay so far off the number."""
    se = draws.std(axis=0, ddof=1)
    apart = float(np.max(np.abs(off) / np.where(se > 0, se, np.inf)))
    if apart <= ASIDE:
        return ()
    return (
        f"models that are trained on end {apart:.1f} standard errors to one side of the fit's: it was not trained to "
        "its end, which the interval does not hold; fit with more epochs or ensemble=20, or ask with method='one-step'",
    )

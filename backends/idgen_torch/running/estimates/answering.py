"""The answers of a fitted program to what it is asked the mean of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch

from idgen_compiler.compile import equal_programs
from idgen_compiler.data.arrays import Array, nothing
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import Schema
from idgen_compiler.data.tables import open_table
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimates.answers import Answers
from idgen_compiler.estimates.measures import Asking, Measure
from idgen_compiler.forms.shown import cut
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import Question
from idgen_compiler.ir.alternatives import Alternative
from idgen_compiler.ir.program import Program
from idgen_compiler.warning import warn_data, warn_overlap
from idgen_torch.estimating import Folds
from idgen_torch.groups import groups_of
from idgen_torch.observed import Observed
from idgen_torch.recurring import together
from idgen_torch.running.estimates.bootstrap.answers import Place, bootstrapped, plugged_in
from idgen_torch.running.estimates.bootstrap.refits import Refits
from idgen_torch.running.estimates.bootstrap.resampling import Resampling
from idgen_torch.running.estimates.choosing import HALVES, Candidate, found_by_variance
from idgen_torch.running.estimates.counted import CountedProgram
from idgen_torch.running.estimates.found import Found, NoRegression
from idgen_torch.running.estimates.onestep.estimator import OneStep
from idgen_torch.running.files.artefacts import Artefacts

__all__ = ["Answerer", "answers"]


@dataclass(eq=False)
class Answerer:
    """What answers for one table: programs on its rows, each prepared once."""

    program: Program
    schema: Schema
    observed: Observed
    named: Mapping[str, Policy]
    models: Mapping[str, Any]
    device: torch.device
    refits: Callable[[], Refits]  #: what draws, and is fitted anew; where models are trained late, this trains them
    kept: Artefacts | None = None  #: where what is learned is kept
    _counted: dict[Program, CountedProgram | None] = field(default_factory=dict)
    _learned: dict[Any, OneStep] = field(default_factory=dict)
    _candidates: dict[Program, list[Candidate]] = field(default_factory=dict)

    @property
    def weights(self) -> Array | None:
        """Survey weights of the rows.  Shape: (rows,)."""
        return None if self.observed.weights is None else self.observed.weights.cpu().numpy()

    @cached_property
    def groups(self) -> Array | None:
        """Which rows are held out together; None where each is by itself.  Shape: (rows,) int64."""
        parts = [part for part in self.schema.parts(*self.schema.types) if part.name in self.observed.rows]
        found = groups_of(parts, (), self.observed.rows)
        return None if found is None else found.numpy()

    def counted(self, program: Program) -> CountedProgram | None:
        """The program on the table's frequencies, where all is categories."""
        if program not in self._counted:
            rows, named = self.observed.rows, self._named(program)
            self._counted[program] = CountedProgram.of(program, self.schema, rows, self.weights, False, named)
        return self._counted[program]

    def learned(self, program: Program, asking: Asking, clusters: Array | None) -> OneStep:
        """The program with what one-step estimates learn; clusters share a fold, and groups do."""
        key = (program, asking.seed, asking.folds, None if clusters is None else clusters.tobytes())
        if key not in self._learned:
            together = self.groups if clusters is None else clusters
            folds = Folds(self.observed.count, asking.folds, asking.seed, together)
            models = self.models if program == self.program else {}
            self._learned[key] = OneStep(
                program, self.schema, self.observed.rows, self.weights, folds, self._named(program), models,
                asking.seed, self.device, self.kept,
            )  # fmt: skip
        return self._learned[key]

    def candidates(self, program: Program) -> list[Candidate]:
        """A program and those equal to it that read columns of the table only, where they have a closed form."""
        if program not in self._candidates:
            held = {name for name in self.schema.types if self._held(name)}
            named = self._named(program)
            self._candidates[program] = [
                Candidate(each, partial(self._on_rows, each.program, named))
                for each in equal_programs(program)
                if held.issuperset(each.program.observe.variables)
            ]
        return self._candidates[program]

    def _held(self, name: str) -> bool:
        return all(part.name in self.observed.rows for part in self.schema.parts(name))

    def _on_rows(self, program: Program, named: Mapping[str, Policy], rows: Array | None) -> CountedProgram | None:
        observed, weights = self.observed.rows, self.weights
        if rows is not None:
            mask = torch.from_numpy(rows)
            observed = {name: values[mask.to(values.device)] for name, values in observed.items()}
            weights = None if weights is None else weights[rows]
        return CountedProgram.of(program, self.schema, observed, weights, False, named)

    def _named(self, program: Program) -> Mapping[str, Policy]:
        return self.named if program == self.program else {}


def answers(answerer: Answerer, measures: Sequence[Measure], asking: Asking) -> Answers:
    """What is found for some measures, those at one place together.

    Raises DataError for a place that makes no sense, and for what cannot be had by the method that is asked for.
    """
    clusters = _clusters(asking, answerer.observed)
    if clusters is None and answerer.groups is not None and not answerer.observed.frequency:
        warn_data(
            f"{answerer.observed.count} rows are of {int(answerer.groups.max()) + 1} things: numbers with all their "
            "digits are the same in several rows, as in copies of a row, or visits of one person; intervals take rows "
            "for independent: say clusters=..., what each row belongs to"
        )
    places = _places(answerer, measures)
    found = _found(answerer, places, asking, clusters)
    return _joined(answerer, list(zip(places, found, strict=True)), clusters)


def _found(answerer: Answerer, places: Sequence[Place], asking: Asking, clusters: Array | None) -> list[Found]:
    """What is found at each place, by the method that is asked for."""
    if asking.choose == "variance":
        return [_chosen(answerer, place, asking, clusters) for place in places]
    if asking.method == "plug-in":
        return [plugged_in(place, answerer.refits(), asking) for place in places]
    counted = [None if asking.method == "one-step" else answerer.counted(place.program) for place in places]

    def again() -> list[Found]:
        units = Resampling(answerer.observed.count, answerer.weights, clusters)
        return bootstrapped(places, counted, units, answerer.refits, asking)

    if asking.method == "bootstrap":
        return again()
    if asking.method == "closed form" and None in counted:
        name = places[counted.index(None)].program.name
        raise DataError(
            f"{name} has no closed form on these data: not all is categories of few cells; leave method out"
        )
    try:
        few = clusters is None and None not in counted
        return [
            answerer.learned(place.program, asking, clusters).found(place.question, place.functionals)
            if one is None
            else one.found(place.question, place.functionals, few)
            for place, one in zip(places, counted, strict=True)
        ]
    except NoRegression as error:
        if asking.method == "one-step":
            raise
        note = f"by bootstrap, since a one-step estimate cannot be had: {error}"
        return [replace(found, notes=(*found.notes, note)) for found in again()]


def _chosen(answerer: Answerer, place: Place, asking: Asking, clusters: Array | None) -> Found:
    """Numbers of the equal program whose variance is the least."""
    program, measure = place.program, place.measure
    if asking.method not in ("auto", "closed form") or answerer.counted(program) is None:
        raise DataError(
            f"equal programs of {program.name} are compared by their variances in closed form, and on these data there "
            "is none: not all is categories of few cells, or another method is asked for; leave choose out"
        )
    named = answerer.named if measure.program is None else {}

    def ask(each: Alternative) -> Question:
        return Question.of(each.program, 1, measure.do, measure.given, 0, measure.query, named)

    folds = Folds(answerer.observed.count, HALVES, asking.seed, clusters)
    return found_by_variance(answerer.candidates(program), ask, place.functionals, answerer.weights, folds)


def _places(answerer: Answerer, measures: Sequence[Measure]) -> list[Place]:
    """The measures by program, query and what is set, and the question of each."""
    found: dict[Any, Place] = {}
    for k, measure in enumerate(measures):
        program = measure.program or answerer.program
        key = (program, measure.query, repr(measure.do), repr(measure.given))
        if key not in found:
            named = answerer.named if measure.program is None else {}
            question = Question.of(program, 1, measure.do, measure.given, 0, measure.query, named)
            found[key] = Place([], program, question, measure, [])
        found[key].at.append(k)
        found[key].functionals.append(measure.functional)
    return list(found.values())


def _clusters(asking: Asking, observed: Observed) -> Array | None:
    if asking.clusters is None:
        return None
    values = asking.clusters
    if isinstance(values, str):
        values = _column(asking.data, values, observed.how)
    codes = np.asarray(values)
    if codes.shape != (observed.count,):
        raise DataError(
            f"clusters have shape {codes.shape}; the table has {observed.count} rows: give one cluster a row"
        )
    if (lost := nothing("clusters", codes)).any():
        raise DataError(
            f"clusters have {int(lost.sum())} missing value(s), the first in row {int(lost.argmax())} (counting from "
            "0); rows that stand alone need a cluster each: give each its own name"
        )
    return np.unique(codes.astype(str), return_inverse=True)[1].reshape(-1)


def _column(data: Any, name: str, how: Reading) -> Any:
    """A column of the table, read as the fit read it: (rows,) of anything that can be told apart, dates too."""
    if data is None:
        raise DataError(f"clusters={name!r} is a column, which the sampler does not keep; pass data= with the table")
    table = open_table(data, how)
    if name not in table.names:
        hint = near_misses(name, table.names) or "; name the one that says which rows go together"
        raise DataError(f"data has no column {name!r}{hint}")
    return table.read([name])[name]


def _joined(answerer: Answerer, found: Sequence[tuple[Place, Found]], clusters: Array | None) -> Answers:
    """The answers in the order of the measures."""
    counts = _counts(answerer.observed, [one for _, one in found])
    rows, count = answerer.observed.count if counts is None else len(counts), sum(len(place.at) for place, _ in found)
    values, influence, corrections = np.zeros(count), np.zeros((rows, count)), np.zeros(count)
    effective, largest, unsure = np.zeros(count), np.zeros(count), np.zeros((count, 2))
    drawn = np.zeros((count, count))
    for place, one in found:
        at = place.at
        values[at], influence[:, at], corrections[at] = one.values, one.influence, one.correction
        effective[at], largest[at] = one.effective_rows, one.largest_share
        drawn[np.ix_(at, at)] = one.drawn
        if one.unsure is not None:
            unsure[at] = one.unsure
    told = dict.fromkeys(_told_where(found, [one.warnings for _, one in found]))
    for text in told:
        warn_overlap(text)
    told |= dict.fromkeys(_told_where(found, [one.cautions for _, one in found]))
    methods = dict.fromkeys(one.method for _, one in found)
    return Answers(
        values, influence, answerer.weights if counts is None else counts, counts is not None, clusters,
        " and ".join(methods),
        corrections, effective, largest, drawn, tuple(told),
        _notes(found),
        draws=_of_all([one.draws for _, one in found], found),
        freedom=min(one.freedom for _, one in found), unsure=unsure if unsure.any() else None,
        residual=_of_all([one.residual for _, one in found], found),
        riesz=_of_all([one.riesz for _, one in found], found),
    )  # fmt: skip


def _told_where(found: Sequence[tuple[Place, Found]], texts: Sequence[Sequence[str]]) -> list[str]:
    """What is to be said of places; what is not said of all of them says of which."""
    wheres = _wheres(found)
    return [
        text if not where or all(text in others for others in texts) else f"at {where}: {text}"
        for own, where in zip(texts, wheres, strict=True)
        for text in own
    ]


def _wheres(found: Sequence[tuple[Place, Found]]) -> list[str]:
    """`X = 1` of each place, by what is set to other values in others."""
    values = [{**place.measure.do, **place.measure.given} for place, _ in found]
    names = dict.fromkeys(name for own in values for name in own)
    apart = [name for name in names if len({repr(own.get(name)) for own in values}) > 1]
    return [", ".join(f"{name} = {cut(own[name])}" for name in apart if name in own) for own in values]


def _notes(found: Sequence[tuple[Place, Found]]) -> tuple[str, ...]:
    """What was done, once; of a contrast what was done for one end alone says for which."""
    if len(found) != 2:
        return tuple(dict.fromkeys(note for _, one in found for note in one.notes))
    first, second = (one.notes for _, one in found)
    told: list[str] = []
    for notes, others, where in zip((first, second), (second, first), _wheres(found), strict=True):
        told += [note if note in others or not where else f"{note}, at {where}" for note in notes]
    return tuple(dict.fromkeys(told))


def _counts(observed: Observed, found: Sequence[Found]) -> Array | None:
    """How often each row that differs occurs, where influence is that of those; None otherwise.  Shape: (rows,)."""
    places = together(list(observed.rows.values()))
    if places is None or any(len(one.influence) != places.few for one in found):
        return None
    return np.asarray(places.counts.cpu().numpy(), dtype=np.float64)


def _of_all(parts: Sequence[Array | None], found: Sequence[tuple[Place, Found]]) -> Array | None:
    """One array of what each place has, None where one has it not.  Shape: (..., m) each -> (..., k)."""
    held = [part for part in parts if part is not None]
    if len(held) < len(parts):
        return None
    whole = np.zeros((*held[0].shape[:-1], sum(len(place.at) for place, _ in found)))
    for (place, _), part in zip(found, held, strict=True):
        whole[..., place.at] = part
    return whole

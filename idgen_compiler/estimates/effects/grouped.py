"""Effects in groups of units, by what the treatment does not affect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from idgen_compiler.compile import compile
from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, NotIdentifiable, near_misses
from idgen_compiler.estimates.answers import Answering, Answers
from idgen_compiler.estimates.effects.rows import check_read, counted, own_program
from idgen_compiler.estimates.estimate import Estimates
from idgen_compiler.estimates.measures import Asking
from idgen_compiler.estimates.questions.asked import Point, Quantile, read
from idgen_compiler.estimates.questions.conditions import groups_of
from idgen_compiler.forms.query import written
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import spelled
from idgen_compiler.hinge.question import query_of, sampler_of
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = ["effects_by"]

MOST = 50
"""So many groups are asked at once."""


def effects_by(
    sampler: Answering,
    f: Any,
    treatment: str,
    values: tuple[Any, Any],
    by: Any,
    point: Point,
    asking: Asking,
) -> Estimates:
    """E[f(value) - f(versus) | group] for each group.

    Each mean is E[f 1(group); do(x)] / P(group; do(x)), from P(Y, Z | do(X)) with what the groups read among Z.

    Raises DataError for groups by what a treatment affects, and for a group without units; NotIdentifiable with what
    can be asked instead.
    """
    query = query_of(sampler.program, sampler_of(sampler.program, point.query))
    if treatment not in query.treatments:
        raise DataError(f"{treatment!r:.60} is no treatment of {query}{near_misses(treatment, query.treatments)}")
    groups = groups_of(by, sampler, query, partial(_check_before, sampler, query))
    if len(groups) > MOST:
        raise DataError(f"there are {len(groups)} groups, more than {MOST}; give edges or conditions that make fewer")
    read_by = tuple(dict.fromkeys(name for group in groups for name in group.columns))
    given = {name: value for name, value in point.given.items() if name not in read_by}
    program, asked_query = _program(sampler, query, read_by, point.query)
    asked = read(f, sampler, _tried(point, query, treatment, values[0], read_by, sampler))
    if isinstance(asked, Quantile):
        raise DataError(f"{asked.name} has no average effect; ask contrast({asked.name!r}, ..., given=...) instead")
    measures = []
    for x in values:
        at = Point({**point.do, treatment: x}, given, asked_query)
        for group in groups:
            inside = group.functional
            for functional in (asked.times(inside, f"{asked.name} in {group.name}"), inside):
                measures.append(replace(at.measure(functional), program=program))
    answers = sampler._answers(measures, asking)
    names = tuple(group.name for group in groups)
    few = counted(answers, list(range(1, len(measures), 2)), [*names, *names])
    found = _effects(answers, len(groups))
    found = replace(found, warnings=(*found.warnings, *few))
    seen = [f"{spelled(name)}={cut(value, written)}" for name, value in given.items()]
    done = [f"do({spelled(treatment)}={cut(x, written)})" for x in values]
    told = tuple(" - ".join(f"E[{asked.name} | {', '.join([do, *seen, name])}]" for do in done) for name in names)
    return Estimates(found, asking, told, names, kind="difference")


def _effects(answers: Answers, count: int) -> Answers:
    """The differences of ratios, from (mean, share) for each group at one value and then at the other."""
    means, shares = answers.values[0::2], answers.values[1::2]
    slopes = np.zeros((count, answers.size))
    for k in range(count):
        for place, sign in ((k, 1.0), (k + count, -1.0)):
            slopes[k, 2 * place] = sign / shares[place]
            slopes[k, 2 * place + 1] = -sign * means[place] / shares[place] ** 2

    def function(values: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = values[..., 0::2] / values[..., 1::2]
        return np.asarray(ratio[..., :count] - ratio[..., count:])

    found = answers.mapped(function, slopes)
    rows = answers.effective_rows[1::2] * shares
    return replace(found, effective_rows=np.minimum(rows[:count], rows[count:]))


def _check_before(sampler: Answering, query: Query, name: str) -> None:
    """Raise DataError for a variable that makes no groups: of what is set, or affected, or was not read by the fit."""
    if name in query.treatments:
        raise DataError(f"{name} is set, and makes no groups; att(...) asks for the effect among those who have it")
    if name in query.outcomes and len(query.outcomes) == 1:
        raise DataError(
            f"{name} is the outcome of {query}, and makes no groups; give what the treatment does not affect"
        )
    if name in sampler.program.graph.descendants(query.treatments):
        others = [spelled(v) for v in query.outcomes if v != name]
        alone = f"P({', '.join(others) or 'Y'} | do({', '.join(map(spelled, query.treatments))}), {spelled(name)})"
        raise DataError(
            f"{name} is affected by a treatment of {query}, so that the units of a group differ between its "
            f"values; that is another question: compile {alone} and ask with given="
        )
    check_read(sampler, query, [name], "effects in groups of it")


def _program(
    sampler: Answering, query: Query, read_by: Sequence[str], name: str | None
) -> tuple[Program | None, str | None]:
    """The program of P(Y, Z | do(X)), None where the sampler's own has the groups' variables; and its query."""
    more = [v for v in read_by if v not in query.outcomes]
    if not more:
        return None, name
    own_program(sampler.program, "an effect in groups")
    conditions = [v for v in query.conditions if v not in more]
    joint = Query((*query.outcomes, *more), query.treatments, conditions, policies=dict(query.policies))
    try:
        program = compile(joint, sampler.program.graph)
    except NotIdentifiable as error:
        step = f"{error.step}\n  {query} is: ate(...) asks for the effect over all units"
        raise NotIdentifiable(error.query, error.hedge, step) from None
    check_read(sampler, query, program.observe.variables, f"effects in groups of {', '.join(more)}")
    return program, None


def _tried(point: Point, query: Query, treatment: str, value: Any, read_by: Sequence[str], sampler: Answering) -> Point:
    """Where the sampler's own query is tried: a condition that makes the groups has some label of its own."""
    given = dict(point.given)
    for name in query.conditions:
        if name in read_by and name not in given:
            try:
                given[name] = sampler.labels_of(name)[0]
            except DataError:
                raise DataError(
                    f"{query} needs a value of {name}, by which the groups are made; compile it without {name}"
                ) from None
    return Point({**point.do, treatment: value}, given, point.query)

"""The effect among those who have a value of the treatment by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from idgen_compiler.compile import compile
from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, NotIdentifiable, near_misses
from idgen_compiler.estimates.answers import Answering, Answers
from idgen_compiler.estimates.effects.rows import check_read, counted, own_program
from idgen_compiler.estimates.estimate import Estimate, Estimates
from idgen_compiler.estimates.measures import SHARE, Asking, Functional, Measure
from idgen_compiler.estimates.questions.asked import Point, Quantile, read
from idgen_compiler.forms.query import written
from idgen_compiler.forms.shown import cut, listed
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.hinge.policies import Law
from idgen_compiler.hinge.question import query_of, sampler_of
from idgen_compiler.program import Program
from idgen_compiler.query import Query

__all__ = ["effect_among"]


def effect_among(
    sampler: Answering,
    f: Any,
    treatment: str,
    values: tuple[Any, Any],
    among: Any,
    point: Point,
    asking: Asking,
) -> Estimate:
    """E[f(value) - f(versus) | X = among], where `among` is one of `values`, the value and what it is compared with.

    Of those who have X = a by themselves, what they have is observed: E[f | X = a]. What they would have at b is the
    rest of the world in which X is a policy of its natural value that makes a to b and leaves all others alone:
    E[f(b) | X = a] = (E[f; policy] - E[f 1(X != a)]) / P(X = a), by consistency. So conditions need not make X
    ignorable; P(Y | do(X ~ pi(X | X))) has to be identified (Shpitser and Tchetgen Tchetgen 2016).

    Raises NotIdentifiable with what can be asked instead, and DataError for a treatment that has no labels, for a
    query with other treatments or with conditions that the treatment affects, and where no row has the value.
    """
    value, versus = values
    op = sampler_of(sampler.program, point.query)
    query = query_of(sampler.program, op)
    _check(sampler, query, treatment, point)
    labels = _checked_labels(sampler, treatment, values)
    other = versus if _same(among, value) else value
    asked = read(f, sampler, Point({**point.do, treatment: value}, point.given, point.query))
    if isinstance(asked, Quantile):
        raise DataError(f"{asked.name} has no average effect; ask contrast({asked.name!r}, ...) for all units")
    policy, seen = _programs(sampler, query, treatment)
    needed = dict.fromkeys((*policy.observe.variables, *seen.observe.variables))
    check_read(sampler, query, needed, f"the effect among those who have {treatment}")
    inside = _inside(treatment, among)
    outside = Functional(f"{treatment} is not {among!r:.40}", lambda found: 1 - inside.of(found), (treatment,), SHARE)
    law = Law({label: {other if _same(label, among) else label: 1} for label in labels}, given=treatment)
    measures = [
        Measure(asked, {treatment: law}, point.given, program=policy),
        Measure(asked.times(outside, f"{asked.name} where {outside.name}"), {}, point.given, program=seen),
        Measure(asked.times(inside, f"{asked.name} where {inside.name}"), {}, point.given, program=seen),
        Measure(inside, {}, point.given, program=seen),
    ]
    answers = sampler._answers(measures, asking)
    group = f"{spelled(treatment)}={cut(among, written)}"
    counted(answers, [3], [group])
    found = _among(answers, 1.0 if _same(among, value) else -1.0)
    found = replace(found, effective_rows=answers.effective_rows[3:] * answers.values[3])
    given = [f"{spelled(name)}={cut(held, written)}" for name, held in point.given.items()]
    one, two = (f"{asked.name}({spelled(treatment)}={cut(x, written)})" for x in values)
    inner = f"{one} - {two}"
    return Estimates(found, asking, (f"E[{inner} | {', '.join([group, *given])}]",), kind="difference").one(0)


def _among(answers: Answers, sign: float) -> Answers:
    """sign (m2 - (m0 - m1)) / m3."""
    m0, m1, m2, m3 = answers.values
    slopes = sign * np.array([[-1.0, 1.0, 1.0, -(m2 - m0 + m1) / m3]]) / m3

    def function(values: Array) -> Array:
        a, b, c, share = np.moveaxis(values, -1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(sign * (c - a + b) / share)[..., None]

    return answers.mapped(function, slopes)


def _inside(treatment: str, value: Any) -> Functional:
    return Functional(
        f"{treatment} is {value!r:.40}",
        lambda found: np.asarray(found[treatment] == value),
        (treatment,),
        ends=SHARE,
    )


def _programs(sampler: Answering, query: Query, treatment: str) -> tuple[Program, Program]:
    """That of the policy, and that of what is observed."""
    graph, x = sampler.program.graph, spelled(treatment)
    right = ", ".join([f"do({x} ~ pi({x} | {x}))", *map(spelled, query.conditions)])
    policy = Query.parse(f"P({spelled_all(query.outcomes)} | {right})")
    try:
        compiled = compile(policy, graph)
    except NotIdentifiable as error:
        step = (
            f"{error.step}\n  the effect among those who have {treatment} by themselves needs more than "
            f"{query} does; ate(...) asks the average effect, cate(...) that in groups of what comes before {treatment}"
        )
        raise NotIdentifiable(error.query, error.hedge, step) from None
    return compiled, compile(Query((*query.outcomes, treatment), (), query.conditions), graph)


def _check(sampler: Answering, query: Query, treatment: str, point: Point) -> None:
    own_program(sampler.program, "the effect among those who have a treatment")
    if treatment not in query.treatments:
        raise DataError(f"{treatment!r:.60} is no treatment of {query}{near_misses(treatment, query.treatments)}")
    if others := [name for name in query.treatments if name != treatment]:
        alone = f"P({spelled_all(query.outcomes)} | do({spelled(treatment)}))"
        raise DataError(
            f"{query} also sets {others[0]}, so that nobody is seen as they are; compile {alone} to ask for the effect "
            f"among those who have {treatment}"
        )
    affected = sampler.program.graph.descendants([treatment])
    if late := [name for name in query.conditions if name in affected]:
        raise DataError(
            f"{treatment} affects {late[0]}, which {query} conditions on: among those who have {treatment} it would be "
            "another value; compile the query without it"
        )
    if point.do:
        raise DataError(
            f"do names {min(point.do)!r}, and the effect among those who have {treatment} sets nothing else"
        )


def _checked_labels(sampler: Answering, treatment: str, values: Sequence[Any]) -> tuple[Any, ...]:
    try:
        labels = sampler.labels_of(treatment)
    except DataError as error:
        raise DataError(
            f"{treatment} has no labels ({error}); the effect among those with one value needs a treatment of few "
            f"values: fit it as types={{{treatment!r}: 'categorical'}}, or ask contrast(...)"
        ) from None
    for value in values:
        if not any(_same(value, label) for label in labels):
            raise DataError(f"{treatment} has no label {value!r:.60}; it has {listed(labels)}")
    if _same(*values):
        raise DataError(f"{treatment} is compared with itself; give two labels of {listed(labels)}")
    return labels


def _same(one: Any, other: Any) -> bool:
    return bool(one == other)

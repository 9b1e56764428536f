"""One query on a page: what it asks, how it is identified, or what proves that it is not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from idgen_compiler.errors import IdgenError, NotIdentifiable
from idgen_compiler.estimand.notation import to_text
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import Identification, Step, identify
from idgen_compiler.query import Query
from idgen_compiler.report.web.values.graphs import Picture
from idgen_compiler.verify import VerificationReport, verify
from idgen_compiler.verify.witness import Witness, witness

__all__ = ["Answer", "Asked", "Derived", "Formula", "Proof", "Refusal", "Verified", "answer_of"]

MOST_STEPS, MOST_CELLS, LONGEST = 60, 32, 240
"""So many steps of a derivation, cells of a joint, and characters of a step's answer are shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and its graph, before and after the treatments are set."""

    query: str
    graph: str
    before: Picture
    after: Picture
    outcomes: tuple[str, ...]
    treatments: tuple[str, ...]
    conditions: tuple[str, ...]

    @classmethod
    def of(cls, query: Query, graph: ADMG) -> Asked:
        """A query on a graph that it fits."""
        roles = {"condition": query.conditions, "treatment": query.treatments, "outcome": query.outcomes}
        marks = {name: role for role, names in roles.items() for name in names}
        after = graph.intervened(query.treatments)
        pictures = (Picture.of(graph, marks), Picture.of(after, marks))
        return cls(str(query), str(graph), *pictures, query.outcomes, query.treatments, query.conditions)


@dataclass(frozen=True, slots=True)
class Derived:
    """One step of the algorithm."""

    depth: int
    line: str
    problem: str
    title: str
    done: str
    answer: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Formula:
    """An estimand in its notations."""

    text: str
    latex: str
    mathml: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Two models with one P(V) and two answers.

    mechanisms: vertex, how it is made in the first model, and in the second.  joint: a cell of P(V) and its
    probability, which both models have.  answers: a value of the outcomes and its probability in each model, `at`.
    """

    hidden: tuple[str, ...]
    mechanisms: tuple[tuple[str, str, str], ...]
    variables: tuple[str, ...]
    joint: tuple[tuple[str, str], ...]
    cells: int
    at: str
    answers: tuple[tuple[str, str, str], ...]
    difference: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a query has no answer in P(V): the hedge, and two models where they are small enough to be shown."""

    outer: tuple[str, ...]
    inner: tuple[str, ...]
    step: str
    picture: Picture
    proof: Proof | None = None
    why: str = ""  #: there are no models to show


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification on random models found."""

    ok: bool
    verdict: str
    peer: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    models: int
    seed: int

    @classmethod
    def of(cls, report: VerificationReport) -> Verified:
        """The report in words."""
        header, *rows = report.table
        peer = report.y0_verdict
        return cls(report.ok, report.verdict, peer, header, tuple(rows), len(report.rows), report.seed)


@dataclass(frozen=True, slots=True)
class Answer:
    """All about one query; `formula` is None where it is not identifiable, and then there is a `refusal`."""

    asked: Asked
    steps: tuple[Derived, ...] = ()
    more_steps: int = 0
    formula: Formula | None = None
    refusal: Refusal | None = None
    verified: Verified | None = None
    unverified: str = ""  #: why there is no verification


def answer_of(query: Query, graph: ADMG, models: int, brought: Mapping[str, Any]) -> Answer:
    """What there is to say of a query, verified on so many random models; `brought` is what `compile` is told of these.

    Raises QueryError and GraphError as `identify` does.

    >>> answer_of(Query.parse("P(Y | do(X))"), ADMG.parse("X -> Y; X <-> Y"), 0, {}).refusal.inner
    ('Y',)
    >>> answer_of(Query.parse("P(Y | do(X))"), ADMG.parse("X -> Y"), 0, {}).formula.text
    'P(y | x)'
    """
    try:
        found = identify(query, graph)
    except NotIdentifiable as error:
        return Answer(Asked.of(query, graph), refusal=_refusal(query, graph, error))
    steps = list(_derived(found.trace))
    answer = Answer(
        Asked.of(query, found.graph), tuple(steps[:MOST_STEPS]), max(0, len(steps) - MOST_STEPS), _formula(found)
    )
    if not models:
        return replace(answer, unverified="left out; idgen verify does it")
    try:
        return replace(answer, verified=Verified.of(verify(query, graph, models=models, **brought)))
    except IdgenError as error:
        return replace(answer, unverified=str(error))


def _formula(found: Identification) -> Formula:
    estimand = found.estimand
    return Formula(str(estimand), estimand.latex(), estimand.mathml())


def _derived(trace: Step) -> Iterator[Derived]:
    for depth, step in trace.walk():
        line = f"line {step.line}" if isinstance(step.line, int) else step.line
        done = step.describe().partition(f"{step.title}")[2].lstrip(": ")
        text = to_text(step.kernel)
        answer = text if len(text) <= LONGEST else ""
        fixed = step.problem.law.inputs
        graph = step.problem.graph
        picture = replace(Picture.of(graph, step.marks), fixed=tuple(n for n in graph.order if n in fixed))
        yield Derived(depth, line, str(step.problem), step.title, done, answer, picture)


def _refusal(query: Query, graph: ADMG, error: NotIdentifiable) -> Refusal:
    outer, inner = error.hedge
    marks = {name: "inner" if name in inner else "outer" for name in outer | inner}
    found = Refusal(graph.sorted(outer), graph.sorted(inner), error.step, Picture.of(graph, marks))
    try:
        return replace(found, proof=_proof(witness(query, graph)))
    except IdgenError as reason:
        return replace(found, why=str(reason))


def _proof(found: Witness) -> Proof:
    joint = found.first.observational()
    shown = [k for k, size in enumerate(joint.table.shape) if size > 1]
    names = tuple(joint.variables[k] for k in shown)
    cells = [
        (", ".join(f"{name} = {state[k]}" for name, k in zip(names, shown, strict=True)), str(joint.table[state]))
        for state in np.ndindex(joint.table.shape)
        if joint.table.size <= MOST_CELLS
    ]
    first, second = found.answers
    over = tuple(range(len(first.given), first.table.ndim))
    gaps = abs(first.table - second.table).sum(axis=over)
    place = max(np.ndindex(gaps.shape), key=lambda index: gaps[index]) if first.given else ()
    values = dict(zip(first.given, place, strict=True))
    sizes, laws = found.first.sizes, (first.table[place], second.table[place])
    done = [f"{name} = {values[name]}" for name in found.query.treatments if sizes[name] > 1]
    seen = [f"{name} = {values[name]}" for name in found.query.conditions if sizes[name] > 1]
    outcomes = list(first.targets)
    answers = [
        (
            ", ".join(f"{n} = {s}" for n, s in zip(outcomes, state, strict=True) if sizes[n] > 1),
            *(_fraction(law[state]) for law in laws),
        )
        for state in np.ndindex(laws[0].shape)
    ]
    one, other = found.laws
    return Proof(
        tuple(table.axes[0] for table in found.first.hidden),
        tuple((name, one[name], other[name]) for name in one),
        names,
        tuple(cells),
        int(joint.table.size),
        ", ".join([*([f"do({', '.join(done)})"] if done else []), *seen]),
        tuple(answers),  # type: ignore[arg-type]
        _fraction(found.difference),
    )


def _fraction(value: Any) -> str:
    return f"{value} = {float(value):.4g}" if value.denominator > 1 else str(value)

"""Verification: our answers to a query against the truth of random models, with y0's beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from idgen_compiler.compile.bindings import Functions, bindings, with_functions
from idgen_compiler.compile.options import CompileOptions
from idgen_compiler.compile.story import explained
from idgen_compiler.errors import IdgenError
from idgen_compiler.estimand.arithmetic.residues import Unlucky, drawn_primes
from idgen_compiler.estimand.tables import Joint, KernelTable, Table
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.backend import find_backend
from idgen_compiler.identify import identify
from idgen_compiler.program import Program
from idgen_compiler.query import Query, check_question
from idgen_compiler.rewrites.bind import NOTHING, Bind
from idgen_compiler.verify.models import CausalModel
from idgen_compiler.verify.peer import PeerAnswer, ask_y0, evaluate_y0
from idgen_compiler.verify.policies import RandomPolicies, opened
from idgen_compiler.verify.report import Comparison, VerificationReport, VerificationRow

__all__ = ["verify"]

Answer = Callable[[Joint, RandomPolicies], KernelTable]

_CELLS = 2**14
"""The largest joint that is worked out exactly."""


def verify(
    query: Query,
    graph: ADMG,
    models: int = 25,
    seed: int = 0,
    *,
    bound: Iterable[str] = (),
    functions: Functions | None = None,
    unobserved: Iterable[str] = (),
    fallbacks: Iterable[str] = (),
) -> VerificationReport:
    """Compare the estimand and the programs of a query with the truth of random structural models, exactly.

    Each model has hidden causes at the bidirected edges and random tables of Fractions (see `CausalModel`). The truth
    comes from the model with its treatments set by hand; ours see only P(V). The programs are run by the exact
    backend: the literal one of ID-GEN, the one that `compile` gives, and that one with its laws by weights.

    Equality is found modulo four random primes, differences in fractions (see `estimand.arithmetic.residues`). Of a
    graph whose joint is too large for exact arithmetic, the ancestors of the query's variables are taken.

    `bound`, `functions`, `unobserved` and `fallbacks` are those of `compile`: the programs then run with the model's
    own conditionals in the place of what would be brought. A function rules out values that contradict its inputs, so
    that answers are compared at the values of treatments and conditions at which both they and the truth are defined.
    Policies get random laws, a new one in each model; a move is verified as any law given the natural value. The truth
    is that of the model with the laws in the place of the treatments' mechanisms.

    y0's answer is evaluated on the same models where y0 is installed. It is shown and never counts against us.

    Raises NotIdentifiable as `identify` does, QueryError for a query that does not fit the graph, and IdgenError for
    fewer than one model, a negative seed, and a graph whose joint is too large for exact arithmetic.

    >>> import idgen_compiler as idgen
    >>> report = idgen.verify(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Z -> Y; X <-> Y"), models=2)
    >>> report.ok
    True
    >>> print(report.verdict)
    verified: estimand, literal program, program equal the truth in 2 of 2 models, as exact fractions modulo four \
random primes
    """
    graph = with_functions(graph, functions or {})
    check_question(query, graph)
    brought = bindings(graph, bound, functions, unobserved, fallbacks)
    _check_counts(models, seed)
    identified = identify(query, graph)  # first, since a hedge is a proof also where models would be too large
    if (more := opened(query)) != query:
        query, identified = more, identify(more, graph)
    if 2 ** len(graph) > _CELLS:
        graph = _ancestral(query, graph, brought.names)
        identified = identify(query, graph)
    estimand, functional = identified.estimand, brought.functions
    answers: dict[str, Answer] = {"estimand": lambda joint, laws: estimand.evaluate(joint, laws.tables)}
    for name, program in programs(query, graph, brought).items():
        answers[name] = _exactly(program)
    y0 = ask_y0(query, graph)
    rows = []
    for k in range(models):
        model = CausalModel.random(graph, (seed, k), functional)
        policies = RandomPolicies.of(query, model.sizes, (seed, k, 1))
        rows.append(_row(k, model, query, policies, answers, y0, bool(functional)))
    return VerificationReport(query, graph, seed, tuple(rows), y0)


def _check_counts(models: object, seed: object) -> None:
    """Raise IdgenError unless there is a model to verify on, and a seed."""
    for number, least in ((models, 1), (seed, 0)):
        if isinstance(number, bool) or not isinstance(number, int) or number < least:
            raise IdgenError(
                f"a verification takes at least one model and a seed from 0, not models={models!r}, seed={seed!r}"
            )


def _ancestral(query: Query, graph: ADMG, brought: Iterable[str]) -> ADMG:
    """The part of the graph that the query is about.

    What is no ancestor of the query's variables sums to one in every model, so that the answer is the same.
    """
    small = graph.subgraph(graph.ancestors({*query.variables, *brought}))
    if 2 ** len(small) > _CELLS:
        raise IdgenError(
            f"the query has {len(small)} variables with its ancestors, whose joint has more than the {_CELLS:,} cells "
            "that are worked out exactly"
        )
    return small


def programs(query: Query, graph: ADMG, bind: Bind = NOTHING) -> dict[str, Program]:
    """The programs of a query that are to be verified, by name."""
    literal, best = (
        explained(query, graph, CompileOptions.checked(level, "auto", (), graph, bind)) for level in (0, 2)
    )
    compiled = best.program
    found = {"literal program": literal.program, "program": compiled}
    weighted = compiled.realized("reweight")
    if weighted != compiled and weighted.reweightings:
        found["reweighting program"] = weighted
    return found


def _exactly(program: Program) -> Answer:
    backend = find_backend("exact")  # once: it is looked for among all that is installed

    def answer(joint: Joint, policies: RandomPolicies) -> KernelTable:
        fitted: Any = backend.fit(program.check(), joint, policies=policies.named(program))
        kernel: KernelTable = fitted.kernel(do=policies.laws())
        return kernel

    return answer


def _row(
    number: int,
    model: CausalModel,
    query: Query,
    policies: RandomPolicies,
    answers: Mapping[str, Answer],
    y0: PeerAnswer,
    partly: bool,
) -> VerificationRow:
    if (cells := prod(model.sizes.values())) > _CELLS:
        raise IdgenError(
            f"the joint of {len(model.graph)} variables has {cells:,} cells, more than the {_CELLS:,} that are worked "
            "out exactly; verify on the subgraph of the query's ancestors, or with another seed"
        )
    # Policies come as fractions, and functions leave answers undefined in part.
    found = {} if query.policies or partly else _equal_at_once(number, model, query, policies, answers, y0)
    if "y0" in found and answers.keys() <= found.keys():
        return VerificationRow(number, {name: found[name] for name in answers}, found["y0"])
    joint, truth = model.observational(), model.truth(query, policies.tables)
    ours = {
        name: found.get(name) or _compared(answer, joint, policies, truth, partly) for name, answer in answers.items()
    }
    return VerificationRow(number, ours, found.get("y0") or _compared_y0(y0, joint, truth))


def _equal_at_once(
    number: int,
    model: CausalModel,
    query: Query,
    policies: RandomPolicies,
    answers: Mapping[str, Answer],
    y0: PeerAnswer,
) -> dict[str, Comparison]:
    """The answers that equal the truth modulo random primes; of the others, fractions will say how far they are off."""
    found: dict[str, Comparison] = {}
    try:
        small = model.modulo(drawn_primes((number, str(query))))
        joint, truth = small.observational(), small.truth(query)
        for name, answer in answers.items():
            with suppress(IdgenError):
                if answer(joint, policies) == truth:
                    found[name] = Comparison.of(Fraction(0))
        if y0.expression is None:
            found["y0"] = _without_expression(y0)
        else:
            with suppress(IdgenError):
                value = evaluate_y0(y0.expression, joint)
                if (_spread(value, _y0_axes(value, truth)) == truth.table).all():
                    found["y0"] = Comparison.of(Fraction(0))
    except Unlucky:
        return {}
    return found


def _compared(answer: Answer, joint: Joint, policies: RandomPolicies, truth: KernelTable, partly: bool) -> Comparison:
    """`partly`: compare where both are defined, since the joint does not determine the rest."""
    try:
        found = answer(joint, policies)
    except IdgenError as error:
        return Comparison("error", detail=f"raised {type(error).__name__}: {error}")
    if (found.given, found.targets) != (truth.given, truth.targets):
        return Comparison("error", detail=f"answers ({found.targets} | {found.given})")
    return Comparison.of(found.distance(truth, where_both=partly))


def _compared_y0(y0: PeerAnswer, joint: Joint, truth: KernelTable) -> Comparison:
    if y0.expression is None:
        return _without_expression(y0)
    try:
        found = evaluate_y0(y0.expression, joint)
    except IdgenError as error:
        return Comparison("error", detail=str(error))
    axes = _y0_axes(found, truth)
    over = tuple(range(len(axes) - len(truth.targets), len(axes)))
    gap = abs(_spread(found, axes) - truth.table)
    return Comparison.of(np.max(gap.sum(axis=over) / 2))


def _y0_axes(found: Table, truth: KernelTable) -> tuple[str, ...]:
    """A variable that is free in y0's expression and no part of the query must not matter: every value has to agree."""
    extra = tuple(axis for axis in found.axes if axis not in (*truth.given, *truth.targets))
    return (*extra, *truth.given, *truth.targets)


def _without_expression(y0: PeerAnswer) -> Comparison:
    return Comparison("error" if y0.installed else "absent", detail=y0.failure)


def _spread(table: Table, axes: tuple[str, ...]) -> np.ndarray[Any, np.dtype[Any]]:
    """The values over `axes`, with length one along the axes that the table does not have."""
    values = table.aligned([axis for axis in axes if axis in table.axes])
    return values[tuple(slice(None) if axis in table.axes else None for axis in axes)]

"""How sure a program is of its answers on a table of categories: one number that programs are compared by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.measures import SHARE, Functional
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import Question, query_of
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.operations import Sample
from idgen_compiler.ir.program import Program
from idgen_torch.observed import Observed
from idgen_torch.running.estimates.counted import CountedProgram

__all__ = ["reference_error"]

MOST_PLACES = 16
"""Answers are looked at where treatments and conditions have the values that rows show most often, so many of them."""

MOST_LABELS = 8
"""So many labels of each outcome."""


def reference_error(
    program: Program, schema: Schema, observed: Observed, named: Mapping[str, Policy] | None = None
) -> float | None:
    """The root mean square of the standard errors of a program's answers: the share of each label of each outcome.

    Treatments and conditions have the values that rows show, the most frequent ones. The mean square of these errors
    is the expected squared distance of the answered law from the true one. None where something is no category, or is
    brought, or where the rows do not determine an answer.
    """
    weights = None if observed.weights is None else observed.weights.cpu().numpy()
    try:
        counted = CountedProgram.of(program, schema, observed.rows, weights, False, named or {})
        if counted is None:
            return None
        squares: list[float] = []
        for op in program.samplers:
            for question in _questions(program, op, counted, named or {}):
                found = counted.variances(question, list(_shares(op, counted)))
                if found is None:
                    return None
                squares += found.tolist()
    except DataError:  # an answer that the data do not have, or more cells than can be counted
        return None
    return math.sqrt(float(np.mean(squares))) if squares else None


def _questions(
    program: Program, op: Sample, counted: CountedProgram, named: Mapping[str, Policy]
) -> Iterator[Question]:
    """The sampler's question at the values that rows show most often."""
    query, rows = query_of(program, op), counted.rows
    policies = {name for name, _ in query.policies}
    held = [name for name in sorted({*query.treatments, *query.conditions} - policies) if name in rows.codes]
    places, place = rows.cells(held)
    for k in np.argsort(-np.bincount(place, rows.weights if rows.frequency else None), kind="stable")[:MOST_PLACES]:
        values = {name: rows.labels(name)[code] for name, code in zip(held, places[k], strict=True)}
        do = {name: value for name, value in values.items() if name in query.treatments}
        given = {name: value for name, value in values.items() if name in query.conditions}
        yield Question.of(program, 1, do, given, 0, op.query or None, named)


def _shares(op: Sample, counted: CountedProgram) -> Iterator[Functional]:
    for name in op.network.outputs:
        labels = counted.rows.labels(name)
        for label in labels[1 : MOST_LABELS + 1] if len(labels) == 2 else labels[:MOST_LABELS]:
            yield _share(name, label)


def _share(name: str, label: object) -> Functional:
    def function(samples: Samples) -> object:
        return np.asarray(samples[name] == label)

    return Functional(f"P({name}={label})", function, (name,), ends=SHARE)

"""Statements as factors: `slots ~ %m(inputs)`, `slots ~ rows %data`, `slot ~ policy`, `slot := policy`."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.adjoint.rules.network import Factor
from idgen_compiler.adjoint.rules.residual import Law, Pass
from idgen_compiler.adjoint.rules.train import Conditional
from idgen_compiler.discrete.policies import fixed_law, law_of, shifted, uniform_law
from idgen_compiler.discrete.sources import Source
from idgen_compiler.estimand.tables import Table
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned
from idgen_compiler.ir.operations import Apply, Draw, Rows
from idgen_compiler.ir.policies import ByModel, Column, Fixed, Shifted, Uniform

__all__ = ["applied", "assigned_factor", "drawn", "resampled", "set_to"]


def applied(statement: Apply, model: Conditional) -> Factor:
    """Rule of a model: its derivative goes to the conditional, whose rule hands it on to the data (see `train`).

    A model that is used twice collects twice.
    """
    names = dict(zip((*statement.slots, *statement.inputs), (*model.targets, *model.inputs), strict=True))
    slots = {variable: slot for slot, variable in names.items()}

    def back(derivative: Table, way: Pass) -> None:
        model.collect(derivative.renamed(names))

    return Factor(statement.slots, statement.inputs, model.table.renamed(slots), back)


def resampled(statement: Rows, law: Law) -> Factor:
    """Rule of rows: R(row) += h(row), the derivative by the law of the slots' variables."""
    return _of_law(statement.slots, tuple(map(variable_of, statement.slots)), law)


def drawn(statement: Draw, laws: Mapping[str, Any], source: Source) -> Factor:
    """Rule of a policy: one of a column is rows of that column; one that is stated does not depend on the data.

    Under the graph the answer does not depend on the policy, so that the derivative by it is zero; on data off the
    graph's model it is not, and belongs to the error of the number that the program gives.
    """
    slot, variable = statement.slot, variable_of(statement.slot)
    labels = source.labels(variable)
    match statement.policy:
        case Uniform():
            return Factor((slot,), (), uniform_law(slot, len(labels), source.exact), None)
        case Fixed(value):
            return Factor((slot,), (), fixed_law(slot, value, labels, source.exact), None)
        case Column(data):
            return _of_law((slot,), (variable,), laws[data])
        case Shifted(data, by):
            return _moved(slot, variable, laws[data], labels, by)
        case ByModel(model, inputs):
            return applied(Apply((slot,), model, inputs), laws[model])


def _of_law(slots: tuple[str, ...], variables: tuple[str, ...], law: Law) -> Factor:
    names = dict(zip(slots, variables, strict=True))
    table = law.marginal(variables).renamed(dict(zip(variables, slots, strict=True)))

    def back(derivative: Table, way: Pass) -> None:
        law.residual.add(derivative.renamed(names))

    return Factor(slots, (), table, back)


def _moved(slot: str, variable: str, law: Law, labels: Any, by: float) -> Factor:
    """A column, moved: the derivative at the label that a row is moved to."""
    own = law.marginal([variable])
    table = Table((slot,), shifted(variable, labels, own.values, by))
    places = {label: code for code, label in enumerate(labels)}
    onto = [places.get(label + by, 0) if own.values[code] else 0 for code, label in enumerate(labels)]

    def back(derivative: Table, way: Pass) -> None:
        law.residual.add(Table((variable,), derivative.values[onto]))

    return Factor((slot,), (), table, back)


def assigned_factor(each: Assigned, labels: Mapping[str, Any], exact: bool) -> Factor:
    """A policy of the query is what the caller says, whatever the data: it adds nothing."""
    table = law_of(each, labels, exact)
    return Factor((each.slot,), tuple(each.read.values()), table, None)


def set_to(slot: str, code: int, size: int, exact: bool) -> Factor:
    """A slot that the caller sets."""
    zero: Any = Fraction(0) if exact else 0.0
    values = np.full(size, zero, dtype=object if exact else np.float64)
    values[code] = zero + 1
    return Factor((slot,), (), Table((slot,), values), None)

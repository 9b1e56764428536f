"""The adjoint of a program as a user holds it: to print, and to run on a joint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler import ir
from idgen_compiler.adjoint.backward import Derivative, Forward
from idgen_compiler.adjoint.outcome import Outcome, outcome_table
from idgen_compiler.adjoint.rules.draw import assigned_factor, set_to
from idgen_compiler.adjoint.rules.network import Factor
from idgen_compiler.adjoint.terms import Region, regions_of
from idgen_compiler.adjoint.text import print_adjoint
from idgen_compiler.data.kinds.labels import label_codes
from idgen_compiler.discrete.sources import KnownJoint, Source
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import Array, Joint, Table
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.assigned import Assigned, checked_named
from idgen_compiler.hinge.policies import Policy
from idgen_compiler.hinge.question import Question, sampler_of
from idgen_compiler.query import Query

__all__ = ["Adjoint", "filled"]


@dataclass(frozen=True)
class Adjoint:
    """A program read backwards.

    For a function f of the outcomes at fixed do- and given-values, the program is a functional of the law of the data;
    its derivative is the influence function of the number that the program gives. It has mean zero, and the variance of
    the number on n rows is its mean square over n.
    Source: van der Vaart (1998), chapters 20 and 25; Bickel et al. (1993).
    """

    program: ir.Program

    def regions(self, query: Query | str | None = None) -> tuple[Region, ...]:
        """What each network and law of a query's sampler collects, in the order of the way back."""
        return regions_of(self.program, sampler_of(self.program, query))

    def __str__(self) -> str:
        observed = self.program.observe.result
        found = []
        for op in self.program.samplers:
            name = op.query or self.program.name
            found.append(print_adjoint(name, regions_of(self.program, op), observed))
        return "\n".join(found)

    def evaluate(
        self,
        joint: Joint,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        f: Outcome = None,
        query: Query | str | None = None,
        policies: Mapping[str, Policy] | None = None,
    ) -> Array:
        """The influence function of E[f] at a joint, as an array over its cells; Fractions where the joint holds them.

        It equals the derivative of the program, run exactly on (1 - e) P + e delta(cell), by e at 0. Kernels that are
        brought, and policies that are stated, are held as they are.

        f: see `outcome_table`; it may be left out where the query has one outcome, whose mean is meant.

        Raises DataError as `sample` of the exact backend does, for f that is no function of the outcomes, and where
        the joint does not determine the answer.

        >>> import idgen_compiler as idgen
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        >>> joint = idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.1, 0.4]])
        >>> program.adjoint().evaluate(joint, do={"X": 1}).round(6)
        array([[ 0. ,  0. ],
               [-1.6,  0.4]])
        """
        if not isinstance(joint, Joint):
            raise DataError(f"the joint is of type {type(joint).__name__}; give Joint(variables, table)")
        named = checked_named(self.program, policies)
        found = self.derivative(Forward(self.program, KnownJoint(joint), named), do, given, f, query)
        total: Array = np.zeros(joint.table.shape, dtype=object if joint.exact else np.float64)
        for term in found.terms:
            total = total + _over(term, joint.variables)
        return np.asarray(total - (joint.table * total).sum())

    def derivative(
        self,
        forward: Forward,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        f: Outcome = None,
        query: Query | str | None = None,
    ) -> Derivative:
        """The number and its derivative on a law that the program was run on before."""
        question = Question.of(self.program, 1, do, given, 0, query, forward.policies)
        outcomes = question.sampler.network.outputs
        if f is None:
            if len(outcomes) != 1:
                raise DataError(f"{question.query} has the outcomes {', '.join(outcomes)}; say with f of which")
            f = outcomes[0]
        table = outcome_table(f, outcomes, forward.source)
        wiring = forward.wiring(question.sampler, filled(question, forward.source))
        found = forward.derivative(wiring, table)
        if not found.known == 1 and abs(1 - found.known) > 1e-9:
            raise DataError(
                f"the law does not determine {question.query} there: the answer rests on a condition that has "
                "probability zero; ask at values that occur together with all that they are compared across"
            )
        return found


def filled(question: Question, source: Source) -> list[Factor]:
    """What fills the inputs of a question's network, and what its policies draw."""
    found = []
    for name, (setting, value) in question.settings.items():
        labels = source.labels(name)
        code = int(label_codes(setting, value, tuple(labels))[0])
        found.append(set_to(name, code, len(labels), source.exact))
    drawn = [Assigned(name, policy, {}) for name, policy in question.drawn.items()]
    for each in (*question.assigned, *drawn):
        names = {variable_of(slot) for slot in (each.slot, *each.read.values())}
        found.append(assigned_factor(each, {name: tuple(source.labels(name)) for name in names}, source.exact))
    return found


def _over(table: Table, variables: tuple[str, ...]) -> Array:
    own = table.aligned([name for name in variables if name in table.axes])
    return np.asarray(own[tuple(slice(None) if name in table.axes else np.newaxis for name in variables)])

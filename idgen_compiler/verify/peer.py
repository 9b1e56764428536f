"""y0's answer to a query, and its value on a discrete joint.

y0 is optional and only ever imported here. Its answer is shown beside ours and beside the truth; what y0 gets wrong, or
fails at, is reported as y0's and never as a fault of the program under test.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from typing import Any

import numpy as np

from idgen_compiler.errors import IdgenError
from idgen_compiler.estimand.tables import Joint, Table, as_array, contract, normalize
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query

__all__ = ["PeerAnswer", "ask_y0", "evaluate_y0"]


@dataclass(frozen=True)
class PeerAnswer:
    """What y0 says about a query: an expression, or `failure`, the reason why there is none.

    `installed` is False where y0 is absent, and `version` is then empty.
    """

    expression: Any = None
    failure: str = ""
    installed: bool = True
    version: str = ""

    def __str__(self) -> str:
        return str(self.expression) if self.expression is not None else self.failure


def ask_y0(query: Query, graph: ADMG) -> PeerAnswer:
    """Identify a query with y0, if it is installed; whatever it raises becomes the answer's `failure`."""
    if query.policies:
        return PeerAnswer(failure="y0 has no queries with policies", installed=False)
    try:
        with warnings.catch_warnings():  # importing y0 brings in libraries that warn about themselves
            warnings.simplefilter("ignore")
            from y0.algorithm.identify import identify_outcomes
            from y0.dsl import Variable
    except ImportError:
        return PeerAnswer(failure="y0 is not installed (pip install 'idgen-compiler[verify]')", installed=False)
    version = metadata.version("y0")
    try:
        outcomes, treatments, conditions = (
            {Variable(name) for name in names} for names in (query.outcomes, query.treatments, query.conditions)
        )
        expression = identify_outcomes(
            graph.to_y0(), treatments=treatments, outcomes=outcomes, conditions=conditions or None
        )
    except Exception as error:  # noqa: BLE001  # y0 fails with whatever its libraries raise, and all of it is reported
        return PeerAnswer(failure=f"y0 raised {type(error).__name__}: {_short(error)}", version=version)
    if expression is None:
        return PeerAnswer(failure="y0 says that the query is not identifiable", version=version)
    return PeerAnswer(expression, version=version)


def evaluate_y0(expression: Any, joint: Joint) -> Table:
    """The value of a y0 expression of observational probabilities, over its free variables.

    A variable that a sum ranges over is bound inside that sum and nowhere else, so that a name may be bound at one
    place and free at another.  Raises IdgenError for an expression that is no function of P(V).
    """
    return _Evaluation(joint).value(expression)


class _Evaluation:
    def __init__(self, joint: Joint) -> None:
        self.joint = joint
        self.one: Any = Fraction(1) if joint.exact else 1.0

    def value(self, expression: Any) -> Table:
        kind = type(expression).__name__
        match kind:
            case "One":
                return self.constant(self.one)
            case "Zero":
                return self.constant(self.one - self.one)
            case "Probability":
                return self.probability(expression)
            case "Product":
                return self.multiplied([self.value(factor) for factor in expression.expressions])
            case "Fraction":
                return self.multiplied([self.value(expression.numerator), self.inverted(expression.denominator)])
            case "Sum":
                return self.summed(self.value(expression.expression), {self.name(v) for v in expression.ranges})
        raise IdgenError(f"y0's expression holds a {kind}, which is no function of P(V): {_short(expression)}")

    def constant(self, value: Any) -> Table:
        return Table((), np.array(value, dtype=object if self.joint.exact else float))

    def probability(self, expression: Any) -> Table:
        targets, given = ([self.name(v) for v in side] for side in (expression.children, expression.parents))
        return normalize(self.joint.marginal((*targets, *given)), targets)

    def multiplied(self, factors: list[Table]) -> Table:
        axes = tuple(sorted({axis for factor in factors for axis in factor.axes}))
        return contract(factors, axes, self.joint.sizes, self.joint.exact)

    def inverted(self, expression: Any) -> Table:
        table = self.value(expression)
        if (table.values == 0).any():
            raise IdgenError(f"y0's expression divides by zero: {_short(expression)}")
        return Table(table.axes, as_array(self.one / table.values))

    def summed(self, table: Table, over: set[str]) -> Table:
        # A variable that the body does not have counts once for each of its values.
        times = [self.joint.sizes[name] for name in over if name not in table.axes]
        kept = table.summed(set(table.axes) - over)
        return Table(kept.axes, as_array(kept.values * int(np.prod(times)))) if times else kept

    def name(self, variable: Any) -> str:
        if type(variable).__name__ != "Variable" or variable.name not in self.joint.variables:
            raise IdgenError(f"y0's expression holds {variable}, which is no variable of P(V)")
        return str(variable.name)


def _short(value: object, length: int = 120) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= length else text[: length - 3] + "..."

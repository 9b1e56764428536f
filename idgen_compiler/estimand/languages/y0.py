"""Estimands as expressions of y0's DSL, to compare with y0 and to hand over to its tools.

y0 is optional: nothing here loads it before it is used.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from idgen_compiler.errors import IdgenError
from idgen_compiler.estimand.formula import (
    Formula,
    Probability,
    Ratio,
    Sum,
    Times,
    name_of,
    sum_over,
    times,
)
from idgen_compiler.estimand.formulation import MOST_PROBABILITIES, FreeVariables, write_out
from idgen_compiler.estimand.nodes import EstimandError, Kernel
from idgen_compiler.estimand.tree import fold

if TYPE_CHECKING:
    from y0.dsl import Expression

__all__ = ["to_y0"]


def to_y0(kernel: Kernel, *, free: FreeVariables = "keep", limit: int = MOST_PROBABILITIES) -> Expression:
    """The kernel as a y0 expression of observational probabilities.

    y0 has no names apart from the variables' own, so a bound variable is bound by nesting: inside `Sum[X](...)` every
    X is the bound one, and outside it X is the query's. Where a formula needs two values of one variable side by side,
    its sums are moved inwards until they stand apart.

    `free` says what becomes of variables whose value does not matter, such as W2 of the napkin: kept, they are
    variables of the expression like the query's own, and any value may be put for them; averaged, they are summed with
    their observed law, and only the query's variables remain.

    Raises IdgenError when y0 is not installed or refuses a variable's name, when the expression would hold more than
    `limit` probabilities, and when two values of one variable cannot be kept apart by nesting.
    """
    dsl = _y0()
    main = write_out(kernel, limit=limit, free=free).main
    return _Writer(dsl, frozenset(main.free)).expression(fold(main.body, _inwards))


def _y0() -> Any:
    try:
        with warnings.catch_warnings():  # importing y0 brings in libraries that warn about themselves
            warnings.simplefilter("ignore")
            from y0 import dsl
    except ImportError:
        raise IdgenError("y0 is not installed; pip install 'idgen-compiler[verify]'") from None
    return dsl


def _inwards(term: Formula, done: Mapping[Formula, Formula]) -> Formula:
    """The term with each sum over a variable that has a namesake inside moved to the factors that need it."""
    match term:
        case Times(factors):
            return times([done[f] for f in factors])
        case Ratio(above, below):
            return Ratio(done[above], done[below])
        case Sum(over, body):
            out = done[body]
            moving = [v for v in over if _namesakes(v, (*over, *out.mentions))]
            for variable in moving:
                out = sum_over((variable,), out)
            return sum_over(tuple(v for v in over if v not in moving), out)
    return term


def _namesakes(variable: str, others: Iterable[str]) -> list[str]:
    """Other instances of the same variable."""
    name = name_of(variable)
    return sorted({v for v in others if v != variable and name_of(v) == name})


class _Writer:
    """Formulas to y0, where each instance of a variable takes the variable's own name."""

    def __init__(self, dsl: Any, free: frozenset[str]) -> None:
        self.dsl = dsl
        self.free = free

    def expression(self, formula: Formula) -> Any:
        for variable in formula.mentions - self.free:
            # A free variable may share the query's name and value: any value will do for it.
            self.check_alone(variable, formula.mentions - self.free)
        return fold(formula, self.visit)

    def visit(self, term: Formula, done: Mapping[Formula, Any]) -> Any:
        match term:
            case Probability(policy=policy) if policy:
                raise EstimandError(f"y0's language has no policies, and the estimand holds {policy}")
            case Probability(targets, given, _):
                children, parents = ([self.variable(v) for v in side] for side in (targets, given))
                return self.dsl.P(self.dsl.Distribution(children=tuple(children), parents=tuple(parents)))
            case Times(factors):
                return self.dsl.Product.safe(done[f] for f in factors)
            case Ratio(above, below):
                return self.dsl.Fraction(done[above], done[below])
            case Sum(over, body):
                for variable in over:
                    self.check_alone(variable, (*over, *body.mentions))
                return self.dsl.Sum.safe(done[body], [self.variable(v) for v in over])
        raise TypeError(f"no y0 expression for {type(term).__name__}")

    def check_alone(self, variable: str, others: Iterable[str]) -> None:
        clash = _namesakes(variable, others)
        if clash:
            raise EstimandError(
                f"y0 has one name for each variable, but the sum over {variable} also needs {', '.join(clash)}; "
                "convert the estimand as it was before its sums were moved outwards"
            )

    def variable(self, instance: str) -> Any:
        try:
            return self.dsl.Variable(name_of(instance))
        except ValueError:
            raise IdgenError(f"y0 reserves the name {name_of(instance)}; rename the variable in the graph") from None

"""Written-out formulas: what every notation of an estimand (text, LaTeX, SymPy, y0) is printed from.

A kernel scopes its variables by nesting; a formula on paper has one name for one thing. Here a variable is a name with
primes (`X`, `X'`), bound variables carry enough primes to differ from everything around them, and a conditional is
one of three things: P(y | x), a conditional of P(V); a ratio of sums; or Q1(y | x), the conditional of a named sub-law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from idgen_compiler.estimand.nodes import Names
from idgen_compiler.estimand.tree import Tree

__all__ = [
    "Definition",
    "Formula",
    "Probability",
    "Ratio",
    "Sum",
    "Times",
    "Written",
    "name_of",
    "sum_over",
    "times",
]

_NESTED = 24
"""At most so many sums are set inside one another."""


def name_of(variable: str) -> str:
    """The variable that an instance stands for: X'' is an X."""
    return variable.rstrip("'")


@dataclass(frozen=True, eq=False)
class Formula(Tree["Formula"]):
    """A term over variables with primes."""

    @cached_property
    def mentions(self) -> frozenset[str]:
        """The free variables."""
        return frozenset().union(*(part.mentions for part in self.parts))


@dataclass(frozen=True, eq=False)
class Probability(Formula):
    """P(targets | given) of the observational law, or of the sub-law Q`law` when `law` is not 0, or of a `policy`."""

    targets: Names
    given: Names
    law: int = 0
    policy: str = ""

    @cached_property
    def mentions(self) -> frozenset[str]:
        return frozenset((*self.targets, *self.given))


@dataclass(frozen=True, eq=False)
class Sum(Formula):
    """The sum (or integral) of a term over some of its variables."""

    over: Names
    body: Formula

    @cached_property
    def mentions(self) -> frozenset[str]:
        return self.body.mentions - frozenset(self.over)


@dataclass(frozen=True, eq=False)
class Times(Formula):
    """A product; its factors are no products themselves, and the sums stand last."""

    factors: tuple[Formula, ...]


@dataclass(frozen=True, eq=False)
class Ratio(Formula):
    """One term divided by another."""

    above: Formula
    below: Formula


@dataclass(frozen=True)
class Definition:
    """One equation: the answer itself (`law` is 0) or Q`law`(targets; inputs), each equal to `body`.

    `free` are variables that the body mentions and whose value does not matter; `fixed` says that the inputs are
    variables set by an intervention, as those of a law are.
    """

    law: int
    targets: Names
    inputs: Names
    body: Formula
    free: Names = ()
    fixed: bool = True


@dataclass(frozen=True)
class Written:
    """A kernel in writing: its own formula, then the sub-laws that it names, outer ones first."""

    main: Definition
    laws: tuple[Definition, ...] = ()


def times(factors: Sequence[Formula]) -> Formula:
    """The product, flat and with the sums last so that few brackets are needed."""
    flat = [f for factor in factors for f in (factor.factors if isinstance(factor, Times) else (factor,))]
    ordered = (*(f for f in flat if not isinstance(f, Sum)), *(f for f in flat if isinstance(f, Sum)))
    return ordered[0] if len(ordered) == 1 else Times(ordered)


def sum_over(over: Names, body: Formula) -> Formula:
    """The sum as textbooks set it: each variable is summed where it first appears, what does not depend on it in front.

    Sums directly inside one another are one: `Σ_s P(s | x) Σ_x' P(x') P(r | x', s)`, but `Σ_{s, t} P(s, t)`. So are
    sums over more variables than anybody would read nested.
    """
    if not over:
        return body
    summed = frozenset(over)
    factors = body.factors if isinstance(body, Times) else (body,)
    inside = [f for f in factors if not summed.isdisjoint(f.mentions)]
    outside = [f for f in factors if summed.isdisjoint(f.mentions)]
    if not inside:
        return Sum(over, body)
    starts = _starts(over, inside) if len(over) <= _NESTED else {0: over}
    ends = dict(pairwise((*sorted(starts), len(inside))))
    term: tuple[Formula, ...] = ()
    for start in sorted(starts, reverse=True):  # the innermost sum first
        within = times([*inside[start : ends[start]], *term])
        merged = Sum((*starts[start], *within.over), within.body) if isinstance(within, Sum) else None
        term = (merged or Sum(starts[start], within),)
    return times([*outside, *term])


def _starts(over: Names, factors: Sequence[Formula]) -> dict[int, Names]:
    """Place of a factor -> the variables that appear in it first; those that appear nowhere are with the first."""
    first = {v: k for k in reversed(range(len(factors))) for v in over if v in factors[k].mentions}
    return {k: tuple(v for v in over if first.get(v, 0) == k) for k in {first.get(v, 0) for v in over}}

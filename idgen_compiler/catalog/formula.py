"""Formulas of books, in the text form in which estimands are printed, and their value on a discrete joint.

    formula := factor+ ["for any" names]
    factor  := term ["/" term] | sum
    sum     := ("Σ_" | "sum_") (name | "{" names "}") factor+      reaching as far to the right as it can
    term    := "P(" names ["|" names] ")" | "(" factor+ ")" | "[" factor+ "]"

Names are those of the graph in lower case (or as they are); primes tell two values of one variable apart. Variables
after "for any" may take any value, and the formula is checked to give the same result at all of them. So the
front-door formula is `Σ_m P(m | x) Σ_x' P(x') P(y | x', m)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from idgen_compiler.errors import IdgenError, near_misses
from idgen_compiler.estimand.formula import (
    Formula,
    Probability,
    Ratio,
    Sum,
    Times,
    name_of,
    times,
)
from idgen_compiler.estimand.tables import Array, Joint, KernelTable, Table, contract, normalize
from idgen_compiler.estimand.tree import fold
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.forms.spelling import QUOTED, WORD, composed
from idgen_compiler.query import Query

__all__ = ["TextbookFormula"]

_TOKEN = re.compile(
    rf"\s*(?:(?P<sum>(?:Σ|sum)_)|(?P<free>for\s+any\b)|(?P<name>{WORD}'*|(?:{QUOTED})'*)|(?P<mark>[()\[\]{{}},|/]))"
)
_CLOSING = {"(": ")", "[": "]"}
_DEEPEST = 100
"""How deep sums and brackets may stand in each other: far beyond any book, far from the end of Python's stack."""


@dataclass(frozen=True)
class TextbookFormula:
    """A formula in P(V); `free` are the variables whose value does not matter."""

    body: Formula
    free: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str, names: Iterable[str]) -> TextbookFormula:
        """Read a formula over variables of these names.  Raises IdgenError with the place of what cannot be read."""
        return _Parser(text, names).formula()

    def evaluate(self, joint: Joint, query: Query) -> KernelTable:
        """The kernel that a query asks for, as the formula has it.

        Shape: one axis for each treatment and condition, sorted, then one for each outcome, sorted.
        Raises DataError for a variable that the joint lacks, and IdgenError for a formula with variables that the
        query lacks, a sum over what its body does not mention, a division by zero, and a free variable that matters.
        """
        given, targets = tuple(sorted((*query.treatments, *query.conditions))), tuple(sorted(query.outcomes))
        if strangers := self.body.mentions - {*given, *targets, *self.free}:
            raise IdgenError(f"the formula has {', '.join(sorted(strangers))}, which neither the query nor a sum has")
        axes = (*self.free, *given, *targets)
        if clash := set(self.free) & {*given, *targets}:
            raise IdgenError(f"{', '.join(sorted(clash))} is the query's and cannot take any value; add a prime to it")
        evaluation = _Evaluation(joint)
        table = evaluation.over(fold(self.body, evaluation.visit), axes)
        first: Array = np.asarray(table[(0,) * len(self.free)])
        if (abs(table - first) > (0 if joint.exact else 1e-9)).any():
            raise IdgenError(f"the formula changes with {', '.join(self.free)}, which it says may take any value")
        return KernelTable(given, targets, first)


@dataclass(frozen=True)
class _Evaluation:
    joint: Joint

    def visit(self, term: Formula, values: Mapping[Formula, Table]) -> Table:
        match term:
            case Probability(targets, given):
                plain = {name_of(v): v for v in (*targets, *given)}
                table = self.joint.marginal(plain)
                return normalize(table, [name_of(t) for t in targets]).renamed(plain)
            case Times(factors):
                return self.multiplied([values[f] for f in factors])
            case Sum(over, body):
                table = values[body]
                if idle := set(over) - set(table.axes):
                    raise IdgenError(f"a sum ranges over {', '.join(sorted(idle))}, which its body does not mention")
                return table.summed(set(table.axes) - set(over))
            case Ratio(above, below):
                lower = values[below]
                if (lower.values == 0).any():
                    raise IdgenError("the formula divides by zero on this joint; it needs positive probabilities")
                one: Any = Fraction(1) if self.joint.exact else 1.0
                return self.multiplied([values[above], Table(lower.axes, np.asarray(one / lower.values))])
        raise TypeError(f"no evaluation for {type(term).__name__}")

    def multiplied(self, tables: Sequence[Table]) -> Table:
        axes = tuple(dict.fromkeys(axis for table in tables for axis in table.axes))
        return contract(tables, axes, self.sizes(axes), self.joint.exact)

    def over(self, table: Table, axes: Sequence[str]) -> Array:
        """The values over these axes, repeated along those that the table does not have."""
        return contract([table], axes, self.sizes(axes), self.joint.exact).values

    def sizes(self, axes: Iterable[str]) -> dict[str, int]:
        return {axis: self.joint.sizes[name_of(axis)] for axis in axes}


class _Parser(Cursor):
    """A recursive descent; formulas of books are never deep."""

    tokens, language, example = _TOKEN, "formula", "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)"

    def __init__(self, text: str, names: Iterable[str]) -> None:
        self.known = {spelling: name for name in names for spelling in (composed(name.lower()), name)}
        self.depth = 0
        super().__init__(text)

    def formula(self) -> TextbookFormula:
        body, free = self.product(), tuple[str, ...]()
        if self.kind == "free":
            self.advance()
            free = self.names()
        if self.value:
            raise self.error(f"nothing may follow the formula, found {self.value!r}")
        return TextbookFormula(body, free)

    def product(self) -> Formula:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self.error(f"more than {_DEEPEST} sums and brackets stand in each other")
        factors = [self.factor()]
        while self.kind in ("sum", "name") or self.value in _CLOSING:
            factors.append(self.factor())
        self.depth -= 1
        return times(factors)

    def factor(self) -> Formula:
        if self.kind == "sum":
            self.advance()
            return Sum(self.summed(), self.product())
        above = self.term()
        if self.value != "/":
            return above
        self.advance()
        return Ratio(above, self.term())

    def term(self) -> Formula:
        if self.value in _CLOSING:
            closing = _CLOSING[self.value]
            self.advance()
            inner = self.product()
            self.take(closing)
            return inner
        if self.value != "P":
            raise self.error("expected P(...), a sum or a bracket")
        return self.probability()

    def probability(self) -> Probability:
        self.take("P")
        self.take("(")
        targets, given = self.names(), tuple[str, ...]()
        if self.value == "|":
            self.advance()
            given = self.names()
        if len({name_of(v) for v in (*targets, *given)}) < len(targets) + len(given):
            raise self.error("a probability names a variable twice")
        self.take(")")
        return Probability(targets, given)

    def summed(self) -> tuple[str, ...]:
        if self.value != "{":
            return (self.name(),)
        self.advance()
        found = self.names()
        self.take("}")
        return found

    def names(self) -> tuple[str, ...]:
        found = [self.name()]
        while self.value == ",":
            self.advance()
            found.append(self.name())
        return tuple(found)

    def name(self) -> str:
        start = self.start
        found = super().name()
        plain = name_of(found)
        if plain not in self.known:
            raise self.error(f"unknown variable {plain!r}{near_misses(plain, sorted(self.known))}", start)
        return self.known[plain] + found[len(plain) :]

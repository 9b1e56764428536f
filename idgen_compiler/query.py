"""Causal queries: P(Y | do(X), Z)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from idgen_compiler.errors import GraphError, QueryError
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import NAME, check_name

__all__ = ["Query", "check_question"]

_TOKEN = re.compile(rf"\s*(?:(?P<name>{NAME})|(?P<mark>[(),|]))")


@dataclass(frozen=True, init=False)
class Query:
    """P(outcomes | do(treatments), conditions).

    Treatments and conditions may be empty. The three sets are disjoint; each keeps the order in which it was given,
    which is also the order of printing, and two queries with the same sets are equal.

    Raises QueryError for an empty outcome, a name given twice, and sets that overlap.

    >>> print(Query("Y", treatments=["X"], conditions=["Z"]))
    P(Y | do(X), Z)
    """

    outcomes: tuple[str, ...]
    treatments: tuple[str, ...]
    conditions: tuple[str, ...]

    def __init__(
        self,
        outcomes: Iterable[str] | str,
        treatments: Iterable[str] | str | None = (),
        conditions: Iterable[str] | str | None = (),
    ) -> None:
        for field, given in (("outcomes", outcomes), ("treatments", treatments), ("conditions", conditions)):
            object.__setattr__(self, field, _names(field, given))
        if not self.outcomes:
            raise QueryError("a query needs at least one outcome, as Y in P(Y | do(X))")
        place: dict[str, str] = {}
        for field in ("outcomes", "treatments", "conditions"):
            for name in getattr(self, field):
                if name in place:
                    raise QueryError(
                        f"{name} is among the {place[name]} and the {field}; a variable has one part in a query, "
                        "drop it from one of them"
                    )
                place[name] = field

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read `P(Y1, Y2 | do(X1, X2), Z)`; several do(...) and conditions may stand in any order.

        Raises QueryError with the place of what cannot be read.

        >>> Query.parse("P(Y1, Y2 | do(X), Z)").outcomes
        ('Y1', 'Y2')
        """
        if not isinstance(text, str):
            raise QueryError(f"a query is read from a text such as 'P(Y | do(X))', not from {text!r:.80}")
        return _Parser(text).query()

    @property
    def variables(self) -> frozenset[str]:
        """Every variable that the query names."""
        return frozenset((*self.outcomes, *self.treatments, *self.conditions))

    def check(self, graph: ADMG) -> None:
        """Raise QueryError unless every variable is a random vertex of the graph."""
        for field in ("outcomes", "treatments", "conditions"):
            try:
                graph.mask_of(getattr(self, field))
            except GraphError as error:
                raise QueryError(f"{self}: among the {field}, {error}") from None
        if fixed := [name for name in graph.order if name in self.variables & graph.fixed]:
            raise QueryError(f"{self}: {', '.join(fixed)} is fixed in the graph already; ask about random vertices")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Query):
            return NotImplemented
        return self._sets() == other._sets()

    def __hash__(self) -> int:
        return hash(self._sets())

    def _sets(self) -> tuple[frozenset[str], ...]:
        return frozenset(self.outcomes), frozenset(self.treatments), frozenset(self.conditions)

    def __str__(self) -> str:
        do = [f"do({', '.join(self.treatments)})"] if self.treatments else []
        right = ", ".join((*do, *self.conditions))
        return f"P({', '.join(self.outcomes)}{' | ' if right else ''}{right})"


def check_question(query: object, graph: object) -> None:
    """Raise QueryError or GraphError unless these are a query and a graph, whose variables fit."""
    if not isinstance(query, Query):
        raise QueryError(f"the query {query!r:.80} is no Query; read one with Query.parse('P(Y | do(X))')")
    if not isinstance(graph, ADMG):
        raise GraphError(f"the graph {graph!r:.80} is no ADMG; read one with ADMG.parse('X -> Y; X <-> Y')")
    query.check(graph)


def _names(field: str, given: Iterable[str] | str | None) -> tuple[str, ...]:
    if given is not None and not isinstance(given, Iterable):
        raise QueryError(f"the {field} are {given!r:.80}; give the names of variables")
    names = (given,) if isinstance(given, str) else tuple(given or ())
    seen: set[str] = set()
    for name in names:
        try:
            check_name(name)
        except GraphError as error:
            raise QueryError(f"among the {field}: {error}") from None
        if name in seen:
            raise QueryError(f"{name} is given twice among the {field}; keep one")
        seen.add(name)
    return names


class _Parser(Cursor):
    """A recursive descent over `P ( names [ | item {, item} ] )` with item = name or `do ( names )`."""

    tokens, language, example, failure = _TOKEN, "query", "P(Y1, Y2 | do(X), Z)", QueryError

    def name(self) -> str:
        if self.kind != "name":
            raise self.error("expected a variable's name" + (f", not {self.value!r}" if self.value else ""))
        found = self.value
        self.advance()
        return found

    def names(self) -> list[str]:
        found = [self.name()]
        while self.value == ",":
            self.advance()
            found.append(self.name())
        return found

    def query(self) -> Query:
        self.take("P")
        self.take("(")
        outcomes, treatments, conditions = self.names(), list[str](), list[str]()
        if self.value == "|":
            self.advance()
            self.item(treatments, conditions)
            while self.value in (",", "|"):
                self.advance()
                self.item(treatments, conditions)
        self.take(")")
        if self.kind:
            raise self.error(f"nothing may follow the query, found {self.value!r}")
        return Query(outcomes, treatments, conditions)

    def item(self, treatments: list[str], conditions: list[str]) -> None:
        name = self.name()
        if name == "do" and self.value == "(":
            self.advance()
            treatments.extend(self.names())
            self.take(")")
        else:
            conditions.append(name)

"""Causal queries: P(Y | do(X), Z), and those with policies: P(Y | do(X ~ pi(X | W)), Z)."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idgen_compiler.errors import GraphError, QueryError, near_misses
from idgen_compiler.forms.markup import joined, table, tag
from idgen_compiler.forms.numeral import Numeral
from idgen_compiler.forms.policy import PolicyForm, checked_policies
from idgen_compiler.forms.query import QueryReader, Value, written
from idgen_compiler.forms.spelling import composed, spelled
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.edges import name_list
from idgen_compiler.graph.names import check_name

__all__ = ["Query", "Value", "check_question", "observed"]


@dataclass(frozen=True, init=False)
class Query:
    """P(outcomes | do(treatments), conditions).

    Treatments and conditions may be empty. The three sets are disjoint; each keeps the order in which it was given,
    which is also the order of printing.

    `settings` are values that the query gives to some of its variables, as P(Y | do(X=1)) does: pairs in the order of
    the variables. Identification asks for the law at every value, so that two queries with the same sets are equal,
    whatever their values. `sample` takes the values of treatments and conditions where it is given none.

    `policies` say how treatments are drawn that are not set, as X of do(X ~ pi(X | W)) and do(X = X + 1).

    Raises QueryError for an empty outcome, a name given twice, sets that overlap, and values of no variable of it or
    of no kind that can be written down.

    >>> print(Query("Y", treatments=["X"], conditions=["Z"]))
    P(Y | do(X), Z)
    >>> print(Query("Y", treatments=["X"], values={"X": 1}))
    P(Y | do(X=1))
    """

    outcomes: tuple[str, ...]
    treatments: tuple[str, ...]
    conditions: tuple[str, ...]
    settings: tuple[tuple[str, Value], ...] = ()
    policies: tuple[tuple[str, PolicyForm], ...] = ()

    def __init__(
        self,
        outcomes: Iterable[str] | str,
        treatments: Iterable[str] | str | None = (),
        conditions: Iterable[str] | str | None = (),
        values: Mapping[str, Value] | None = None,
        policies: Mapping[str, PolicyForm] | None = None,
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
        object.__setattr__(self, "settings", _settings(values or {}, tuple(place)))
        object.__setattr__(self, "policies", checked_policies(policies or {}, self.treatments, self.values))
        for name, policy in self.policies:
            _names(f"variables that the policy of {name} reads", policy.inputs)

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read `P(Y1, Y2 | do(X1, X2), Z)`; several do(...) and conditions may stand in any order.

        Variables may have values, as in `P(Y=1 | do(X=1), Z="a label")`. `E[Y | do(X)]` is read as the query of the
        law that it is the mean of, and `P_{x}(y)` as `P(y | do(x))`. Names that are no words stand in quotes.
        Treatments may be drawn: `X ~ pi(X | W)`, `X ~ uniform`, `X = X + 1` in `do` (see `PolicyForm`).

        Raises QueryError with the place of what cannot be read.

        >>> Query.parse("P(Y1, Y2 | do(X), Z)").outcomes
        ('Y1', 'Y2')
        >>> print(Query.parse('E["birth weight" | do(smoking=0)]'))
        P("birth weight" | do(smoking=0))
        >>> print(Query.parse("P(Y | do(X ~ pi(X | W), D=0, A = A - 1), Z)"))
        P(Y | do(X ~ pi(X | W), D=0, A = A - 1), Z)
        """
        if not isinstance(text, str):
            raise QueryError(f"a query is read from a text such as 'P(Y | do(X))', not from {text!r:.80}")
        return cls(*QueryReader(text).query())

    @property
    def variables(self) -> frozenset[str]:
        """Every variable that the query names or its policies read."""
        read = [name for _, policy in self.policies for name in policy.inputs]
        return frozenset((*self.outcomes, *self.treatments, *self.conditions, *read))

    @property
    def inputs(self) -> tuple[str, ...]:
        """What a sampler is given values of: the treatments that no policy draws, and the conditions.

        >>> Query.parse("P(Y | do(X ~ pi(X | W), D), Z)").inputs
        ('D', 'Z')
        """
        drawn = dict(self.policies)
        return (*(name for name in self.treatments if name not in drawn), *self.conditions)

    @property
    def values(self) -> dict[str, Value]:
        """Variable -> the value that the query gives it; those without one are left out.

        >>> Query.parse("P(Y | do(X=1), Z=red)").values
        {'X': 1, 'Z': 'red'}
        """
        return dict(self.settings)

    def check(self, graph: ADMG) -> None:
        """Raise QueryError unless every variable is a random vertex of the graph."""
        parts = [
            ("the outcomes", self.outcomes),
            ("the treatments", self.treatments),
            ("the conditions", self.conditions),
        ]
        for part, names in (*parts, *((f"what draws {name}", policy.inputs) for name, policy in self.policies)):
            try:
                graph.mask_of(names)
            except GraphError as error:
                raise QueryError(f"{self}: among {part}, {error}") from None
        if fixed := [name for name in graph.order if name in self.variables & graph.fixed]:
            raise QueryError(f"{self}: {', '.join(fixed)} is fixed in the graph already; ask about random vertices")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Query):
            return NotImplemented
        return self._sets() == other._sets()

    def __hash__(self) -> int:
        return hash(self._sets())

    def _sets(self) -> tuple[object, ...]:
        sets = (frozenset(self.outcomes), frozenset(self.treatments), frozenset(self.conditions))
        return (*sets, frozenset(self.policies)) if self.policies else sets

    def __str__(self) -> str:
        values = {name: f"{spelled(name)}={written(value)}" for name, value in self.settings}
        values |= {name: policy.of(name) for name, policy in self.policies}
        outcomes, treatments, conditions = (
            ", ".join(values.get(name) or spelled(name) for name in names)
            for names in (self.outcomes, self.treatments, self.conditions)
        )
        right = ", ".join(filter(None, (f"do({treatments})" if treatments else "", conditions)))
        return f"P({outcomes}{' | ' if right else ''}{right})"

    def _repr_html_(self) -> str:
        parts = {"outcomes": self.outcomes, "set": self.treatments, "given": self.conditions}
        told = [(part, ", ".join(map(spelled, names))) for part, names in parts.items() if names]
        return joined([tag("p", tag("code", self)), table(("", ""), told)])


def check_question(query: object, graph: object) -> None:
    """Raise QueryError or GraphError unless these are a query and a graph, whose variables fit."""
    if not isinstance(query, Query):
        raise QueryError(f"the query {query!r:.80} is no Query; read one with Query.parse('P(Y | do(X))')")
    if not isinstance(graph, ADMG):
        raise GraphError(f"the graph {graph!r:.80} is no ADMG; read one with ADMG.read('X -> Y; X <-> Y')")
    query.check(graph)


def observed(queries: Iterable[object], graph: ADMG, latent: Iterable[str]) -> ADMG:
    """The graph without its latent vertices.  Raises QueryError where a query names one, GraphError for unknown ones.

    >>> observed([Query("Y", "X")], ADMG.parse("U -> X -> Y; U -> Y"), ["U"])
    ADMG.parse('X -> Y; X <-> Y')
    """
    hidden = name_list(latent)
    for query in queries:
        if isinstance(query, Query) and (named := [name for name in hidden if name in query.variables]):
            raise QueryError(f"{query} names {', '.join(named)}, which is latent; ask about what is measured")
    return graph.without(hidden) if hidden and isinstance(graph, ADMG) else graph


def _names(field: str, given: Iterable[str] | str | None) -> tuple[str, ...]:
    if given is not None and not isinstance(given, Iterable):
        raise QueryError(f"the {field} are {given!r:.80}; give the names of variables")
    seen: dict[str, None] = {}
    for name in (given,) if isinstance(given, str) else tuple(given or ()):
        try:
            name = check_name(name)
        except GraphError as error:
            raise QueryError(f"among the {field}: {error}") from None
        if name in seen:
            raise QueryError(f"{name} is given twice among the {field}; keep one")
        seen[name] = None
    return tuple(seen)


def _settings(values: Mapping[str, Value], order: tuple[str, ...]) -> tuple[tuple[str, Value], ...]:
    """The values as pairs in the order of the variables.  Raises QueryError for what is no value of a variable."""
    if not isinstance(values, Mapping):
        raise QueryError(f"the values are {values!r:.80}; give a mapping from variables to values, such as {{'X': 1}}")
    found = {composed(str(name)): value for name, value in values.items()}
    for name in found:
        if name not in order:
            raise QueryError(f"a value is given to {name!r}, which the query does not name{near_misses(name, order)}")
    return tuple((name, _plain(name, found[name])) for name in order if name in found)


def _plain(name: str, value: object) -> Value:
    """The value as Python's own, which a text can hold."""
    item = getattr(value, "item", None)  # a scalar of NumPy's
    value = item() if callable(item) and getattr(value, "shape", None) == () else value
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if isinstance(value, Numeral) else operator.index(value)
    if isinstance(value, float) and math.isfinite(value):
        return value if isinstance(value, Numeral) else float(value)
    raise QueryError(
        f"{name} is set to {value!r:.80} in a query, which holds numbers, truth values and labels; give other values "
        "to sample, as do={...} and given={...}"
    )

"""Identification: from a query and a graph to an estimand, or to the hedge that proves there is none."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.errors import GraphError, NotIdentifiable
from idgen_compiler.estimand.construction import conditionals
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.minimal import minimal_conditionals
from idgen_compiler.estimand.nodes import Observed
from idgen_compiler.forms.markup import Markup, details, joined, tag
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify.algorithm import solve
from idgen_compiler.identify.governed import solve_governed
from idgen_compiler.identify.trace import Problem, Step
from idgen_compiler.identify.worlds import World
from idgen_compiler.query import Query, check_question

__all__ = ["Identification", "Problem", "Step", "identify"]


@dataclass(frozen=True)
class Identification:
    """An identified query: `estimand` is its answer, `trace` the tree of steps that found it.

    >>> import idgen_compiler as idgen
    >>> found = idgen.identify(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y -> Z"))
    >>> print(found.trace)
    line 2: P(Y | do(X)) in P(X, Y, Z): drop non-ancestors of the outcomes: Z
      line 6: P(Y | do(X)) in P(X, Y): intervening is conditioning
    """

    query: Query
    graph: ADMG
    estimand: Estimand
    trace: Step

    def _repr_html_(self) -> str:
        asked = tag("p", tag("b", self.query), " is identifiable:")
        derived = details("the algorithm, step by step", Markup(self.trace._repr_html_()))
        return joined([asked, Markup(self.estimand.mathml()), Markup(self.graph.to_svg()), derived])


def identify(query: Query, graph: ADMG, *, exchange: bool = True, minimal: bool = False) -> Identification:
    """Identify P(Y | do(X), Z) by the ID and IDC algorithms (Shpitser and Pearl 2006), sound and complete.

    `exchange=False` leaves out the exchange of conditions for interventions in IDC: what it answers is right, but it
    may refuse conditional queries that are identifiable.

    With `minimal`, conditionals have only the inputs that matter from the start: the literal ones grow with the square
    of a graph.

    Treatments that a policy draws make the answer a kernel given the policies' laws (see `identify.governed`). Its
    graph stands in an order in which what a policy reads comes before what it draws.

    Raises QueryError when the query does not fit the graph, GraphError for a graph with fixed vertices, and
    NotIdentifiable with the hedge when no formula in P(V) exists.

    >>> import idgen_compiler as idgen
    >>> query = idgen.Query.parse("P(Y | do(X))")
    >>> print(idgen.identify(query, idgen.ADMG.parse("X -> Z -> Y; X <-> Y")).estimand)
    Σ_z P(z | x) Σ_x' P(x') P(y | x', z)
    >>> idgen.identify(query, idgen.ADMG.parse("X -> Y; X <-> Y"))
    Traceback (most recent call last):
      ...
    idgen_compiler.errors.NotIdentifiable: ...
    """
    check_question(query, graph)
    if graph.fixed:
        raise GraphError(f"{', '.join(sorted(graph.fixed))} are fixed; identify takes the graph before interventions")
    try:
        if query.policies:
            world = World.of(query, graph)
            graph = world.graph
            trace = solve_governed(query, world, exchange=exchange)
        else:
            y, x, z = (graph.mask_of(names) for names in (query.outcomes, query.treatments, query.conditions))
            factors = minimal_conditionals if minimal else conditionals
            trace = solve(Problem(y, x, Observed(graph), graph, z, factors), exchange=exchange)
    except NotIdentifiable as error:
        raise NotIdentifiable(str(query), error.hedge, error.step) from None
    given = tuple(sorted(query.inputs))
    return Identification(query, graph, Estimand(trace.kernel, given, tuple(sorted(query.outcomes))), trace)

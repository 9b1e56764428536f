"""Answers that the graph gives at once, without identification: what is seen, and what is adjusted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from idgen_compiler.compile.posings import Posing
from idgen_compiler.estimand.construction import marginal, product
from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.nodes import Conditional, Kernel, Observed
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.separation import m_connected_mask, touched_mask
from idgen_compiler.query import Query

__all__ = ["Direct", "direct", "least_models"]


@dataclass(frozen=True)
class Direct:
    """The answer to a query as a kernel of P(V), and how the query was posed for it."""

    posing: Posing
    kernel: Kernel


@dataclass(frozen=True)
class _Masks:
    """A query as bitsets; `set_` are the treatments that the others may depend on."""

    graph: ADMG
    y: int
    x: int
    z: int
    set_: int

    @classmethod
    def of(cls, query: Query, graph: ADMG) -> _Masks:
        y, x, z = (graph.mask_of(names) for names in (query.outcomes, query.treatments, query.conditions))
        # Rule 3: a treatment without a directed path to outcomes and conditions past the others changes nothing.
        return cls(graph, y, x, z, graph.mutilated_mask(into=x).ancestors_mask(y | z) & x)


def direct(query: Query, graph: ADMG) -> Direct | None:
    """P(Y | do(X), Z) as P(Y | X, Z), or as a sum over what is adjusted for; None where it is neither.

    Two reachability passes over the graph. The first is rule 2 of the do-calculus for all treatments together: each has
    a parent that says whether it was set or arose by itself, and nothing is open from these to Y given X and Z (Pearl
    2009, section 3.2.2). Only where there are no conditions, the second is the adjustment criterion, for the largest
    set that it allows: if that one does not hold, none does (Shpitser, VanderWeele and Robins 2010; van der Zander,
    Liskiewicz and Textor 2014). What Y does not depend on given the rest of that set and X is left out of it, and then
    what X does not depend on.

    >>> from idgen_compiler.query import Query
    >>> found = direct(Query.parse("P(Y | do(X))"), ADMG.parse("Z -> X -> M -> Y; Z -> Y"))
    >>> found and str(found.posing)
    'adjust for Z'
    """
    asked = _Masks.of(query, graph)
    given = asked.set_ | asked.z
    for known in (given, asked.z) if asked.set_ else (given,):
        if not m_connected_mask(graph, 0, known, to=asked.y, until=asked.y, entered=asked.set_):
            return _seen(query, asked, known)
    if asked.z:
        return None
    over = _adjusted_for(asked)
    return None if over is None else _adjusted(query, asked, over)


def least_models(query: Query, graph: ADMG, found: Direct | None) -> int:
    """A number of models that no program of a query without conditions goes below, unless it realizes a law.

    An outcome that depends on a treatment is drawn from a model of its own, given that treatment. If it is the only
    outcome, and the only model, everything else is drawn from rows, so that the answer is an adjustment: where `direct`
    has found none there is none, and there are two models or more.
    """
    asked = _Masks.of(query, graph)
    cut = graph.mutilated_mask(into=asked.x)
    if asked.z:
        known = asked.x
        return sum(
            bool(m_connected_mask(cut, 1 << i, known, to=asked.z, until=asked.z) or cut.ancestors_mask(1 << i) & known)
            for i in bits(asked.y)
        )
    moved = sum(bool(cut.ancestors_mask(1 << i) & asked.x) for i in bits(asked.y))
    return 2 if found is None and asked.y.bit_count() == moved == 1 else moved


def _seen(query: Query, asked: _Masks, given: int) -> Direct:
    names, x = asked.graph.names, asked.x
    seen, alone = names(x & given), names(x & ~given)
    why = (*_said("leave", alone, "alone (rule 3)"), *_said("see", seen, "instead of setting it (rule 2)"))
    posed = Query(query.outcomes, (), names(given))
    return Direct(Posing(posed, asked.graph, exchange=False, why=why), _chained(asked, given))


def _adjusted_for(asked: _Masks) -> int | None:
    """A set to adjust for, as small as two passes make it; None where there is none."""
    graph, y, x = asked.graph, asked.y, asked.set_
    between = graph.mutilated_mask(into=x).descendants_mask(x) & ~x
    between &= graph.mutilated_mask(out_of=x).ancestors_mask(y)  # on directed paths that leave X and do not come back
    over = graph.ancestors_mask(x | y) & ~(x | y | graph.descendants_mask(between))
    # Every other path leaves X by an arrowhead there, or by an edge to what lies on no such path.
    aside = graph.mutilated_mask(into=x).children_mask(x) & ~between
    if m_connected_mask(graph, 0, x | over, to=y, until=y, entered=x | aside):
        return None
    over &= touched_mask(graph, y, x | over)
    return over & touched_mask(graph, x, over)


def _adjusted(query: Query, asked: _Masks, over: int) -> Direct:
    graph = asked.graph
    law, names = Observed(graph), graph.names(over)
    rows = [minimized(Conditional(law, (name,), names[:k])) for k, name in enumerate(names)]
    outcome = _chained(asked, asked.set_ | over)
    kernel = marginal(product([*rows, outcome]), names)
    alone = graph.names(asked.x & ~asked.set_)
    why = (*_said("leave", alone, "alone (rule 3)"), f"adjust for {', '.join(names)}")
    return Direct(Posing(query, graph, why=why), kernel)


def _chained(asked: _Masks, given: int) -> Kernel:
    """P(Y | given) in P(V) by the chain rule, each outcome with the inputs that matter."""
    graph, law, before, factors = asked.graph, Observed(asked.graph), given, []
    for i in bits(asked.y):
        factors.append(Conditional(law, graph.names(1 << i), graph.names(touched_mask(graph, 1 << i, before))))
        before |= 1 << i
    return product(factors)


def _said(verb: str, names: Iterable[str], how: str) -> Iterable[str]:
    return (f"{verb} {name} {how}" for name in names)

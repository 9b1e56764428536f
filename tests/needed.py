"""Proof that an answer needs a law that nobody has data for: a pole that no conditional of P(V) has.

Without regeneration an answer is a sum of products of conditionals P(a | b) of P(V). As a rational function of a
model's parameters, such a sum has poles only where some marginal P(b) vanishes. So an answer whose denominator has
another factor is no such sum, however it is wired. Looked at on random lines through the space of models, where
everything is a rational function of one number t; a factor that is found on one line is enough.
"""

from __future__ import annotations

from itertools import combinations, product
from random import Random
from typing import Any

import numpy as np
from sympy import QQ
from sympy.polys.rings import ring

from idgen_compiler.estimand.tables import Table, contract, normalize
from idgen_compiler.graph import ADMG
from tests.strategies import Case

__all__ = ["foreign_poles"]

_RING, _T = ring("t", QQ)
_FIELD = _RING.to_field()


_MOVED = 3
"""On a line so many of a model's laws change with t; with all of them the polynomials grow too large."""


def foreign_poles(case: Case, lines: int = 12) -> set[Any]:
    """The factors of the answer's denominators that divide no marginal of P(V), on the first of some lines with any."""
    found = (_foreign_poles(case, Random(seed)) for seed in range(lines))
    return next(filter(None, found), set())


def _foreign_poles(case: Case, random: Random) -> set[Any]:
    hidden, mechanisms = _line(case.graph, random)
    sizes = {axis: 2 for table in (*hidden, *mechanisms.values()) for axis in table.axes}
    observed = contract([*hidden, *mechanisms.values()], case.graph.order, sizes, exact=True).values
    factors = {f for value in _truth(case, hidden, mechanisms, sizes).ravel() for f, _ in value.denom.factor_list()[1]}
    axes = range(observed.ndim)
    for summed in (kept for n in range(observed.ndim) for kept in combinations(axes, n)):
        marginal = observed.sum(axis=summed) if summed else observed
        factors = {f for f in factors if all(value.numer.rem(f) != 0 for value in np.ravel(marginal))}
    return factors


def _line(graph: ADMG, random: Random) -> tuple[list[Table], dict[str, Table]]:
    """Hidden causes and mechanisms of binary variables; the probabilities of a few of them are a + b t."""
    causes = {f"hidden {k}": ends for k, ends in enumerate(graph.bidirected)}
    around = {v: [*sorted(graph.parents([v])), *(u for u, ends in causes.items() if v in ends)] for v in graph.order}
    moved = random.sample([*graph.order, *causes], min(_MOVED, len(graph) + len(causes)))
    hidden = [_conditional(u, [], random, moves=u in moved) for u in causes]
    return hidden, {v: _conditional(v, around[v], random, moves=v in moved) for v in graph.order}


def _conditional(name: str, given: list[str], random: Random, *, moves: bool) -> Table:
    values = np.empty((2,) * (1 + len(given)), dtype=object)
    for state in product((0, 1), repeat=len(given)):
        first = _FIELD(QQ(random.randint(1, 96), 97) + QQ(random.randint(1, 40) * moves, 97) * _T)
        values[(0, *state)], values[(1, *state)] = first, 1 - first
    return Table((name, *given), values)


def _truth(case: Case, hidden: list[Table], mechanisms: dict[str, Table], sizes: dict[str, int]) -> Any:
    """The truncated factorization, normalized: what the query asks for in each model of the line."""
    query = case.query
    relevant = case.graph.mutilated(into=query.treatments).ancestors((*query.outcomes, *query.conditions))
    factors = [mechanisms[v] for v in case.graph.order if v in relevant - set(query.treatments)]
    causes = {axis for table in factors for axis in table.axes}
    factors += [law for law in hidden if law.axes[0] in causes]
    axes = (*query.treatments, *query.conditions, *query.outcomes)
    return normalize(contract(factors, axes, sizes, exact=True), query.outcomes).values

"""Random laws for the policies of a query, positive and exact, as a model, an estimand and a program take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np

from idgen_compiler.estimand.tables import Table
from idgen_compiler.forms.policy import UNIFORM, PolicyForm
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.policies import Law
from idgen_compiler.ir.operands import records
from idgen_compiler.ir.operations import Assign
from idgen_compiler.ir.policies import Named
from idgen_compiler.program import Program
from idgen_compiler.query import Query

__all__ = ["RandomPolicies", "opened"]

_UNITS = 101
"""Every probability is a whole number of these parts."""


@dataclass(frozen=True)
class RandomPolicies:
    """Treatment -> a random law given what its policy reads; a uniform policy has its own.

    On a few categories nothing could be moved, so that a move is verified as what it is one of: a law given the
    natural value (see `opened`).
    """

    tables: Mapping[str, Table]  #: axes: the treatment, then what it reads, X' for its natural value

    @classmethod
    def of(cls, query: Query, sizes: Mapping[str, int], seed: int | Sequence[int]) -> RandomPolicies:
        """The laws of a seed, for variables of some sizes."""
        generator = np.random.default_rng(seed)
        found = {}
        for x, policy in query.policies:
            shape = (sizes[x], *(sizes[w] for w in policy.inputs))
            values = np.empty(shape, dtype=object)
            for cell in np.ndindex(shape[1:]):
                values[(slice(None), *cell)] = _law(sizes[x], generator)
            if policy.name == UNIFORM:
                values[...] = Fraction(1, sizes[x])
            found[x] = Table((x, *(f"{x}'" if w == x else w for w in policy.inputs)), values)
        return cls(found)

    def laws(self) -> dict[str, Law]:
        """Treatment -> its law, as a sampler takes it."""
        return {x: _as_law(table) for x, table in self.tables.items()}

    def named(self, program: Program) -> dict[str, Law]:
        """Name -> law for the policies by which data sets of a program are drawn, as a fit takes them."""
        laws = self.laws()
        drawn = {each for op in program.laws for each in records(op, Assign)}
        return {e.policy.name: laws[variable_of(e.slot)] for e in drawn if isinstance(e.policy, Named)}


def opened(query: Query) -> Query:
    """The query with a named law given the natural value in the place of each move.

    >>> print(opened(Query.parse("P(Y | do(X = X + 1))")))
    P(Y | do(X ~ moved1(X | X)))
    """
    policies = {
        x: p if p.by is None else PolicyForm(f"moved{k}", p.inputs) for k, (x, p) in enumerate(query.policies, 1)
    }
    return Query(query.outcomes, query.treatments, query.conditions, query.values, policies)


def _law(size: int, generator: np.random.Generator) -> list[Fraction]:
    cuts = sorted(generator.choice(_UNITS - 1, size=size - 1, replace=False).tolist())
    edges = [0, *(cut + 1 for cut in cuts), _UNITS]
    return [Fraction(high - low, _UNITS) for low, high in pairwise(edges)]


def _as_law(table: Table) -> Law:
    given = tuple(map(variable_of, table.axes[1:]))
    size, *shape = table.values.shape
    cells: dict[Any, Any] = {
        cell: {code: table.values[(code, *cell)] for code in range(size)} for cell in product(*map(range, shape))
    }
    return Law(cells, given) if given else Law(cells[()])

"""Random structural causal models on a given graph, in exact arithmetic.

A bidirected edge is a hidden common cause, so a model draws hidden variables first, then every vertex from its parents
and its hidden causes. Any such model obeys the graph, so that what identification claims must hold in it; two rational
functions that agree at random points are equal with overwhelming probability (Schwartz 1980; Zippel 1979).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import prod

import numpy as np

from idgen_compiler.estimand.arithmetic.residues import Primes, as_residues
from idgen_compiler.estimand.tables import Joint, KernelTable, Table, contract, normalize
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.query import Query

__all__ = ["CausalModel"]

_UNITS = 101
"""Every probability is a whole number of these parts: one small prime as denominator keeps exact arithmetic fast."""

_CELLS = 512
"""No conditional table of a model grows beyond this by giving a variable three states instead of two."""


@dataclass(frozen=True)
class CausalModel:
    """A structural causal model with hidden causes, every conditional positive.

    `sizes` holds the number of states of each vertex, `hidden` the law of each hidden cause (one axis each), and
    `mechanisms` the law of each vertex given its parents and hidden causes (axes named so, the vertex first).
    """

    graph: ADMG
    sizes: Mapping[str, int]
    hidden: tuple[Table, ...]
    mechanisms: Mapping[str, Table]

    @classmethod
    def random(cls, graph: ADMG, seed: int | Sequence[int], functions: Iterable[str] = ()) -> CausalModel:
        """A random model of a graph without fixed vertices; `seed` is one number or several, none negative.

        Most variables are binary, a few ternary. Most bidirected edges have a hidden cause of their own; some cliques
        of them share one, which the same graph allows. `functions` have one value for each value of their parents, and
        every value for some.

        >>> model = CausalModel.random(ADMG.parse("X -> Y"), seed=0)
        >>> model.truth(Query.parse("P(Y | do(X))")).table.sum(axis=1)
        array([Fraction(1, 1), Fraction(1, 1)], dtype=object)
        """
        generator = np.random.default_rng(seed)
        causes = _hidden_causes(graph, generator)
        around = {
            v: [*sorted(graph.parents([v])), *(u for u, ends in causes.items() if v in ends)] for v in graph.order
        }
        sizes = _sizes([*graph.order, *causes], around, generator)
        return cls(
            graph,
            {v: sizes[v] for v in graph.order},
            tuple(_conditional(u, (), sizes, generator) for u in causes),
            {v: (_function if v in functions else _conditional)(v, around[v], sizes, generator) for v in graph.order},
        )

    def modulo(self, primes: Primes) -> CausalModel:
        """The same model with its probabilities modulo some primes, in which equality alone means anything."""
        hidden = tuple(Table(t.axes, as_residues(t.values, primes)) for t in self.hidden)
        laws = {v: Table(t.axes, as_residues(t.values, primes)) for v, t in self.mechanisms.items()}
        return CausalModel(self.graph, self.sizes, hidden, laws)

    def observational(self) -> Joint:
        """P(V): every hidden cause summed out."""
        law = contract([*self.hidden, *self.mechanisms.values()], self.graph.order, self.sizes, exact=True)
        return Joint(law.axes, law.values)

    def truth(self, query: Query, policies: Mapping[str, Table] | None = None) -> KernelTable:
        """The kernel that a query asks for, from the model whose treatments are set by hand.

        Under do(x) the mechanisms of the treatments are left out and their values enter everywhere else (Pearl 2009,
        section 3.2.3, the truncated factorization). A law of `policies` (its axes the treatment and what it reads)
        stands in the place of its treatment's mechanism; where it reads X', the natural X, the mechanism stays and
        fills X', while everything else sees what the policy draws. The kernel is not defined given values that never
        occur, which only functions can rule out.
        """
        query.check(self.graph)
        filled: dict[str, Table] = {v: self.mechanisms[v] for v in self.graph.order if v not in query.treatments}
        for x, law in (policies or {}).items():
            filled[x] = law
            if f"{x}'" in law.axes:
                filled[f"{x}'"] = self.mechanisms[x].renamed({x: f"{x}'"})
        filled |= {law.axes[0]: law for law in self.hidden}
        # What is no ancestor of the outcomes or conditions sums to one.
        relevant, waiting = set[str](), [*query.outcomes, *query.conditions]
        while waiting:
            axis = waiting.pop()
            if axis in filled and axis not in relevant:
                relevant.add(axis)
                waiting.extend(filled[axis].axes)
        factors = [table for axis, table in filled.items() if axis in relevant]
        given, targets = tuple(sorted(query.inputs)), tuple(sorted(query.outcomes))
        law = normalize(contract(factors, (*given, *targets), self.sizes, exact=True), targets)
        return KernelTable.of(law, given, targets)


def _hidden_causes(graph: ADMG, generator: np.random.Generator) -> dict[str, frozenset[str]]:
    """Hidden causes by name with the vertices they act on: together they make exactly the bidirected edges."""
    causes: dict[str, frozenset[str]] = {}
    covered: set[frozenset[str]] = set()
    for a, b in graph.bidirected:
        if frozenset((a, b)) in covered:
            continue
        ends = {a, b}
        if generator.random() < 1 / 3:
            for v in graph.order:
                if v not in ends and ends <= graph.siblings([v]):
                    ends.add(v)
        covered.update(frozenset((v, w)) for v in ends for w in ends if v != w)
        causes[f"hidden cause of {', '.join(sorted(ends))}"] = frozenset(ends)
    return causes


def _sizes(names: list[str], around: Mapping[str, list[str]], generator: np.random.Generator) -> dict[str, int]:
    """Two states for each variable, three for a few where the tables they appear in stay small."""
    sizes = dict.fromkeys(names, 2)
    for name in names:
        if generator.random() < 0.2:
            sizes[name] = 3
            touched = [v for v, others in around.items() if name == v or name in others]
            observed = prod(sizes[v] for v in around)
            if observed > _CELLS or any(prod(sizes[w] for w in (v, *around[v])) > _CELLS for v in touched):
                sizes[name] = 2
    return sizes


def _conditional(name: str, given: Sequence[str], sizes: Mapping[str, int], generator: np.random.Generator) -> Table:
    """A random positive law of a variable for each state of the given ones, in whole parts of 1 / 101."""
    shape = tuple(sizes[g] for g in given)
    values = np.empty((sizes[name], *shape), dtype=object)
    for state in np.ndindex(shape):
        cuts = sorted(generator.choice(_UNITS - 1, size=sizes[name] - 1, replace=False).tolist())
        edges = [0, *(cut + 1 for cut in cuts), _UNITS]
        parts = [Fraction(high - low, _UNITS) for low, high in pairwise(edges)]
        values[(slice(None), *state)] = parts
    return Table((name, *given), values)


def _function(name: str, given: Sequence[str], sizes: Mapping[str, int], generator: np.random.Generator) -> Table:
    """A value for each state of the given ones; every value is taken where there are as many states."""
    shape = tuple(sizes[g] for g in given)
    values = np.full((sizes[name], *shape), Fraction(0), dtype=object)
    codes = generator.permutation(np.arange(prod(shape)) % sizes[name])
    for code, state in zip(codes, np.ndindex(shape), strict=True):
        values[(code, *state)] = Fraction(1)
    return Table((name, *given), values)

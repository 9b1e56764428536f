"""`reweight %E do(draws) by %p, ...`: the law of another data set times policy(x) / P(x | i) for each draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from idgen_compiler.adjoint.rules.network import Factor
from idgen_compiler.adjoint.rules.residual import Law, Pass, axes_of, product
from idgen_compiler.adjoint.rules.train import Conditional
from idgen_compiler.errors import DataError
from idgen_compiler.estimand.tables import ROUNDING, Table, contract

__all__ = ["WeightedLaw"]


class WeightedLaw(Law):
    """Rule: what weighted rows collect goes to the rows, weighted, and against the models of the weights.

    With the weight W = policy(x) / P(x | i) of a row, scaled to mean one,

        R_E += C, C = W (R - E R),   and, for each model %p,   R_p += -w (E[C | x, i] - E[C | i])

    where w is the ratio of the densities of i in %E and in the data set of %p. Weights are scaled by their mean, which
    is one for laws that obey the graph, so that the law is one for all others too. Where the mean is not one since no
    row does what a policy asks for, the mass that is lost may lie anywhere, and nothing of the law is known.
    """

    def __init__(self, name: str, law: Law, policies: Sequence[Factor], by: Sequence[Conditional]) -> None:
        """The policies and the models of what they draw stand in one order; both read columns of `law`."""
        super().__init__(law.exact)
        self._law, self._policies, self._by = law, tuple(policies), tuple(by)
        self._chances = [model.table for model in by]
        self._inverse = [_reciprocal(table) for table in self._chances]
        self._weights = [*(policy.table for policy in policies), *self._inverse]
        self._read = axes_of(self._weights)
        self.reached = False  #: whether a way back came by here
        self._total = self._times([], ()).values
        if self._total == 0:
            raise DataError(f"{name} has no row with a positive weight: the data never do what its policies ask")
        self._lost = bool(abs(self._total - 1) > ROUNDING) and any(map(self._asks_in_vain, self._policies, self._by))

    @property
    def law(self) -> Law:
        """The law whose rows are weighed."""
        return self._law

    def wanted(self) -> Iterator[Table]:
        """For each draw, what the intervened law has at what is drawn and what its propensity reads.

        Where the law of the rows has nothing there, no weight makes up for it.  Axes: what is drawn, then the inputs.
        """
        for policy, model in zip(self._policies, self._by, strict=True):
            read = tuple(axis for axis in axes_of([policy.table], model.inputs) if axis not in policy.slots)
            law = self._law.marginal(read)
            sizes = {a: n for t in (law, policy.table) for a, n in zip(t.axes, t.values.shape, strict=True)}
            keep = (*policy.slots, *model.inputs)
            yield contract([law, Table(policy.table.axes, policy.table.values)], keep, sizes, self.exact)

    def _marginal(self, names: tuple[str, ...]) -> Table:
        found = self._times([], names)
        values = np.asarray(found.values / self._total)
        known = None if found.known is None else found.known / self._total
        return Table(found.axes, values, values * 0 if self._lost else known)

    def _asks_in_vain(self, policy: Factor, model: Conditional) -> bool:
        """Whether a policy may draw a value that no row has at values of the model's inputs that rows do have."""
        never = Table(model.table.axes, np.asarray(_reciprocal(model.table).values == 0))
        given = self._law.marginal({*model.inputs, *policy.inputs})
        return bool((product(product(never, policy.table), given).values > 0).any())

    def _times(self, more: Sequence[Table], keep: Sequence[str], without: int | None = None) -> Table:
        """The law times its weights and more, summed over what is not kept; `without` one of the weights."""
        needed = {*self._read, *axes_of(more), *keep}
        base = self._law.marginal(needed)
        weights = [w for k, w in enumerate(self._weights) if k != without]
        sizes = dict(zip(base.axes, base.values.shape, strict=True))
        return contract([base, *weights, *more], keep, sizes, self.exact)

    def pull(self, way: Pass) -> None:
        """The rule, term by term."""
        terms = self.residual.taken()
        self.reached = bool(terms)
        for term in terms:
            if way.centered:
                own = self.marginal(term.axes).aligned(term.axes)
                term = Table(term.axes, term.values - (own * term.values).sum())
            term = Table(term.axes, np.asarray(term.values / self._total))
            self._pull(term, way)

    def _pull(self, term: Table, way: Pass) -> None:
        weight = term
        for table in self._weights:
            weight = product(weight, table)
        self._law.residual.add(weight)
        for k, policy in enumerate(self._policies):
            if policy.back is not None:
                policy.back(self._times([term], policy.table.axes, without=k), way)
        for k, (model, p, inverse) in enumerate(zip(self._by, self._chances, self._inverse, strict=True)):
            found = self._times([term], p.axes, without=len(self._policies) + k)
            scale = product(inverse, Table(p.axes, found.aligned(p.axes)))
            derivative = product(scale, inverse)
            sign = -1 if way.centered else 1
            model.collect(Table(derivative.axes, sign * derivative.values))


def _reciprocal(table: Table) -> Table:
    """1 / p, and 0 where p is 0 or not known: such a row never occurs, so that any weight will do."""
    values = table.values
    empty = np.asarray(values == 0) if table.known is None else np.asarray(values == 0) | table.unknown
    one: Any = values.flat[0] * 0 + 1
    return Table(table.axes, np.where(empty, one - one, one / np.where(empty, one, values)))

"""What an estimand means: its exact value on a discrete joint.

Every node becomes a list of tables whose product, summed over its bound axes, is the kernel. Nothing is multiplied out
until a conditional (or the end) needs it, and then opt_einsum chooses the order, so chains of thousands of factors and
deeply nested laws stay cheap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError
from idgen_compiler.estimand.nodes import (
    Conditional,
    Free,
    Intervened,
    Kernel,
    Marginal,
    Observed,
    Product,
    Renamed,
)
from idgen_compiler.estimand.policies import Governed, Policy
from idgen_compiler.estimand.tables import Joint, Table, contract, normalize
from idgen_compiler.estimand.tree import fold
from idgen_compiler.graph.names import variable_of

__all__ = ["Policies", "evaluate"]


@dataclass(frozen=True, slots=True)
class _Value:
    """The product of tables, summed over the axes of `bound`."""

    tables: tuple[Table, ...]
    bound: frozenset[str] = frozenset()


Policies = Mapping[str, Table]
"""Treatment -> the law that draws it: its own axis, and one for each variable that it reads, X' for its natural X."""


def evaluate(kernel: Kernel, joint: Joint, keep: Sequence[str], policies: Policies | None = None) -> Table:
    """The kernel as a table over `keep`, which names its targets and any superset of its inputs, in order.

    Exact when the joint holds Fractions.  Raises DataError when the joint lacks a variable, and where a policy has no
    law.
    """
    evaluation = _Evaluation(joint, policies or {})
    value = fold(kernel, evaluation.visit)
    return evaluation.table(value, keep)


class _Evaluation:
    """One evaluation: the joint, and fresh names for bound axes."""

    def __init__(self, joint: Joint, policies: Policies) -> None:
        self.joint = joint
        self.policies = policies
        self.sizes = dict(joint.sizes)
        self.fresh = count()

    def table(self, value: _Value, keep: Sequence[str]) -> Table:
        return contract(value.tables, keep, self.sizes, self.joint.exact)

    def visit(self, node: Kernel, values: Mapping[Kernel, _Value]) -> _Value:
        match node:
            case Observed():
                return _Value((self.joint.marginal(node.targets),))
            case Conditional():
                if isinstance(node.of, Observed):  # of a law with many variables only a few are needed
                    table = self.joint.marginal((*node.given, *node.to))
                else:
                    table = self.table(values[node.of], (*node.given, *node.to))
                return _Value((normalize(table, node.to),))
            case Product() | Intervened():
                return self.multiply([values[factor] for factor in node.factors])
            case Marginal():
                return self.bind(values[node.body], node.over)
            case Free():
                body = values[node.body]
                even = tuple(self.even(name) for name in node.over)
                return self.bind(_Value((*body.tables, *even), body.bound), node.over)
            case Renamed():
                for old, new in node.names:
                    self.size_of(new, old)
                return self.rename(self.freshen(values[node.body]), dict(node.names))
            case Governed():
                return values[node.body]
            case Policy():
                return _Value((self.policy(node),))
        raise TypeError(f"no evaluation for {type(node).__name__}")

    def policy(self, node: Policy) -> Table:
        """The law that draws a treatment, with the axes under the names that the node has."""
        for name in (*node.to, *node.given):
            self.size_of(name, variable_of(name))
        (treatment,) = map(variable_of, node.to)
        if treatment not in self.policies:
            raise DataError(f"no law is given of {treatment}, which {node} draws; give one for each policy")
        law, read = self.policies[treatment], {variable_of(name): name for name in node.given}
        own = {axis: read.get(variable_of(axis), axis) for axis in law.axes if axis != treatment}
        return law.renamed({treatment: node.to[0], **own})

    def even(self, name: str) -> Table:
        """Every value evenly that occurs at all: at others nothing is determined, and any value will do."""
        occurs = self.joint.marginal([variable_of(name)]).values != 0
        share: Any = Fraction(1, int(occurs.sum())) if self.joint.exact else 1.0 / int(occurs.sum())
        return Table((name,), np.where(occurs, share, share * 0))

    def size_of(self, new: str, old: str) -> None:
        self.sizes[new] = self.sizes[old]

    def rename(self, value: _Value, names: Mapping[str, str]) -> _Value:
        return _Value(tuple(t.renamed(names) for t in value.tables), value.bound)

    def bind(self, value: _Value, over: Sequence[str]) -> _Value:
        """The value with some free axes bound, under fresh names so that they can meet no other variable."""
        names = {name: f"{name}#{next(self.fresh)}" for name in over}
        for old, new in names.items():
            self.size_of(new, old)
        return _Value(self.rename(value, names).tables, value.bound | set(names.values()))

    def freshen(self, value: _Value) -> _Value:
        """The same value with all bound axes renamed, for a second use beside the first."""
        names = {name: f"{name}#{next(self.fresh)}" for name in value.bound}
        for old, new in names.items():
            self.size_of(new, old)
        return _Value(self.rename(value, names).tables, frozenset(names.values()))

    def multiply(self, values: Sequence[_Value]) -> _Value:
        tables: list[Table] = []
        bound: frozenset[str] = frozenset()
        for value in values:
            distinct = value if bound.isdisjoint(value.bound) else self.freshen(value)
            tables += distinct.tables
            bound |= distinct.bound
        return _Value(tuple(tables), bound)

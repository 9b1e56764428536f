"""`train`: a conditional P(T | I) in the law of a data set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from idgen_compiler.adjoint.rules.residual import Law, Pass, Residual
from idgen_compiler.estimand.tables import Table, normalize

__all__ = ["Conditional"]


class Conditional:
    """Rule: a conditional collects a weighted residual.

    With h(t, i) the derivative of the asked number by P(t | i),

        R(row) += (h(t, i) - E[h | i]) / P(i)

    in the data set that the model is trained on, since dP(t | i) = (dP(t, i) - P(t | i) dP(i)) / P(i). Where the
    network asks the model at i with density N(i), h is N(i) E[f | t, i]: so the residual is
    w(i) (E[f | t, i] - E[f | i]) with the weight w = N(i) / P(i).

    A kernel that is brought has no data set: it is what it is, whatever the data, and adds nothing.
    """

    def __init__(
        self, targets: Sequence[str], inputs: Sequence[str], law: Law, result: str, brought: bool = False
    ) -> None:
        self.targets, self.inputs = tuple(targets), tuple(inputs)
        self.result = result
        self.table = normalize(law.marginal((*targets, *inputs)), targets)
        self._law = law
        self._brought = brought
        self._derivative = Residual()
        self.mass: Table | None = None  #: how much of the asked law is at each value of the inputs

    @property
    def frequencies(self) -> Table:
        """P(i) in the law of the data set.  Axes: the inputs."""
        return self._law.marginal(self.inputs)

    def collect(self, derivative: Table) -> None:
        """Add a derivative by the table; axes are targets and inputs, all or some."""
        self._derivative.add(derivative)

    def pull(self, way: Pass) -> None:
        """The rule, to the data set."""
        taken = self._derivative.taken()
        if not taken or self._brought:
            return
        axes = (*self.targets, *self.inputs)
        given, over = self.inputs, tuple(range(len(self.targets)))
        h = taken[0].aligned(axes)
        law = self.table.aligned(axes)
        mean = np.asarray((h * law).sum(axis=over))
        p = self.frequencies.aligned(given)
        empty = np.asarray(p == 0)
        inverse = np.where(empty, p * 0, (p * 0 + 1) / np.where(empty, p * 0 + 1, p))
        if way.centered:
            self._law.residual.add(Table(axes, (h - mean) * inverse))
        else:
            self.mass = Table(given, mean)
            self._law.residual.add(Table(given, mean * inverse))

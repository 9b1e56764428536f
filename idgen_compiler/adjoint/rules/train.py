"""`train`: a conditional P(T | I) in the law of a data set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from idgen_compiler.adjoint.rules.residual import Law, Pass, Residual
from idgen_compiler.estimand.tables import Array, Table, normalize

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

    def __init__(self, targets: Sequence[str], inputs: Sequence[str], law: Law, brought: bool = False) -> None:
        self.targets, self.inputs = tuple(targets), tuple(inputs)
        self.table = normalize(law.marginal((*targets, *inputs)), targets)
        self._law = law
        self._brought = brought
        self._derivative = Residual()
        self.mass: Table | None = None  #: how much of the asked law is at each value of the inputs
        self.spread: tuple[float, float] = (0.0, 0.0)  #: what it adds to the variance, and that squared over its rows

    @property
    def law(self) -> Law:
        """The law that it is a conditional of."""
        return self._law

    @property
    def frequencies(self) -> Table:
        """P(i) in the law of the data set.  Axes: the inputs."""
        return self._law.marginal(self.inputs)

    def collect(self, derivative: Table) -> None:
        """Add a derivative by the table; axes are targets and inputs."""
        self._derivative.add(derivative)

    def pull(self, way: Pass) -> None:
        """The rule, to the data set."""
        taken = self._derivative.taken()
        if not taken or self._brought:
            return
        axes, over = (*self.targets, *self.inputs), tuple(range(len(self.targets)))
        h, law, p = taken[0].aligned(axes), self.table.aligned(axes), self.frequencies.aligned(self.inputs)
        empty = np.asarray(p == 0)
        inverse = np.where(empty, p * 0, (p * 0 + 1) / np.where(empty, p * 0 + 1, p))
        if not way.centered:
            mean = np.asarray((h * law).sum(axis=over))
            self.mass = Table(self.inputs, mean)
            # Over the targets, too: what makes them in a law is asked there as often as the inputs are.
            self._law.residual.add(Table(axes, np.broadcast_to(mean * inverse, h.shape)))
        elif self._law.rows is None:
            self._law.residual.add(Table(axes, (h - (h * law).sum(axis=over)) * inverse))
        else:
            self._law.residual.add(Table(axes, self._counted(h, law, p, inverse, self._law.rows)))

    def _counted(self, h: Array, law: Array, p: Array, inverse: Array, rows: float) -> Array:
        """The rule for a conditional that was counted from few rows: the residuals of rows that were left out.

        A mean of c rows is off by c / (c - 1) times as much at a row that it does not hold (the jackknife). So that a
        cell with one row is not taken for certain, each mean holds one row of the marginal besides.
        Source: Efron and Stein (1981); degrees of freedom as in Satterthwaite (1946).
        """
        over, counts = tuple(range(len(self.targets))), p * rows
        shape = (*law.shape[: len(over)], *(1 for _ in self.inputs))
        pooled = self._law.marginal(self.targets).aligned(self.targets).reshape(shape) if self.inputs else law
        mean = (h * (counts * law + pooled) / (counts + 1)).sum(axis=over)
        found = (h - mean) * inverse * (counts + 1) / np.maximum(counts, 0.5)
        joint = self._law.marginal((*self.targets, *self.inputs)).aligned((*self.targets, *self.inputs))
        parts = (joint * found**2).sum(axis=over) / rows
        self.spread = float(parts.sum()), float((parts**2 / np.maximum(counts - 1, 1)).sum())
        return np.asarray(found)

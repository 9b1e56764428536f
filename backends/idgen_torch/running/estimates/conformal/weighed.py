"""Real rows, weighed so that their outcomes have the law that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from idgen_compiler.adjoint.chances import ratio_of
from idgen_compiler.adjoint.terms import Term
from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.graph.names import variable_of
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.ir.operations import Draw, Realize, Regenerate, Reweight
from idgen_torch.running.estimates.onestep.estimator import OneStep
from idgen_torch.running.estimates.onestep.frames import Frame
from idgen_torch.running.estimates.onestep.functions import Function, Made
from idgen_torch.running.estimates.onestep.study import Study

__all__ = ["Weighed", "weighed"]

RARE = 0.01
"""So many new rows may weigh more than is reckoned with."""


@dataclass(frozen=True, eq=False)
class Weighed:
    """The user's rows, and how much each counts as a draw of the outcome.  Shape: weights (rows,), none negative."""

    frame: Frame
    weights: Array

    @property
    def effective_rows(self) -> float:
        """Kish's effective number of rows."""
        squares = float(np.square(self.weights).sum())
        return float(self.weights.sum()) ** 2 / squares if squares > 0 else 0.0

    @property
    def new_row(self) -> float:
        """The weight that a new row is given: the largest that new rows have, but for one in a hundred."""
        order = np.argsort(self.weights)
        total = np.cumsum(self.weights[order])
        return float(self.weights[order][np.searchsorted(total, (1 - RARE) * total[-1])])

    def rows(self, index: Array) -> Weighed:
        """Some rows, by position or mask."""
        return Weighed(self.frame.rows(index), self.weights[index])


def weighed(estimator: OneStep, study: Study, outcome: str, beside: Sequence[str] = ()) -> Weighed:
    """The real rows, weighed so that outcome and conditions have the law of a network.

    The last statement of the network draws Y by a model of Y given i, which the network asks with the density N(i) and
    its data set shows with P(i). So rows of that data set, weighing N(i) / P(i), have the asked law of Y. Where the
    data set is a law, the same holds of the network that draws it, with that weight carried along, and so on to real
    rows. Every weight is said by models that did not see the row.

    Raises DataError for an outcome that a brought model or a policy draws, and for conditions that no real row shows
    beside the outcome as the network has them.
    """
    term = _drawing(estimator, study, outcome, beside)
    return _real(estimator, term.data, study.density(term), term.targets[term.slots.index(outcome)], beside)


def _real(estimator: OneStep, name: str, w: Function, outcome: str, beside: Sequence[str]) -> Weighed:
    """Real rows for a data set whose rows weigh `w`, a function of its variables."""
    op, data = estimator.program.operation(name), estimator.data(name)
    if not isinstance(op, Realize):
        return Weighed(data.frame, w.at(data.frame)[:, 0] * data.frame.mass)
    match op.ways[0]:
        case Reweight(data=base):
            if isinstance(estimator.program.operation(base), Realize):
                raise DataError(
                    f"{name} weighs the rows of another law, {base}, which are no real ones; compile with "
                    "realize='regenerate' for prediction intervals"
                )
            return Weighed(data.frame, w.at(data.frame)[:, 0] * data.frame.mass)
        case Regenerate():
            law = estimator.law(name)
            term = _drawing(estimator, law, outcome, beside)
            return _real(
                estimator, term.data, _carried(law, term, w), term.targets[term.slots.index(outcome)], beside
            )  # fmt: skip
    raise DataError(f"{name} is realized in no way that prediction intervals know")


def _carried(law: Study, term: Term, w: Function) -> Function:
    """The weight of rows of a law, given what its network's last statement draws and reads, times that statement's."""
    seen, own = law.seen_from(term, w), law.density(term)
    return Made(seen.reads | own.reads, lambda frame: seen.at(frame) * own.at(frame))


def _drawing(estimator: OneStep, study: Study, outcome: str, beside: Sequence[str]) -> Term:
    """The statement that draws the outcome, with the conditions among its inputs.

    A condition that the model does not read is put among them where the outcome does not depend on it given the inputs.
    """
    term = next((term for term in study.terms if outcome in term.slots), None)
    if term is None or (isinstance(term.statement, Draw) and term.ratio is None):
        raise DataError(
            f"{outcome} is drawn by a brought model or a policy, which has no rows that an interval could be checked "
            "with; ask for quantiles of samples instead"
        )
    left = tuple(name for name in beside if name not in (*term.slots, *term.inputs))
    if not left:
        return term
    program = estimator.program
    graph, targets = program.law_of(term.data), set(map(variable_of, term.targets))
    known = set(graph.nodes) >= {*left, *targets, *term.given} and not set(left) & {*term.given, *targets}
    if term.ratio is None or not known or not m_separated(graph, targets, left, term.given):
        raise DataError(
            f"no real row shows {', '.join(left)} beside {outcome} as {study.name.removeprefix('sample ')} has them; "
            "ask without conditions, or for quantiles of samples"
        )
    inputs, models = (*term.inputs, *left), {op.result: op for op in program.models}
    ratio = ratio_of(inputs, study.network, study.name, term.data, graph, models)
    return replace(term, inputs=inputs, given=(*term.given, *left), ratio=ratio)

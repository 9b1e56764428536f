"""Where an answer rests: how much of it on values of a model's inputs that no rows, or few, show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.adjoint.rules.residual import Law
from idgen_compiler.adjoint.rules.train import Conditional
from idgen_compiler.estimand.tables import Array, Table
from idgen_compiler.forms.shown import cut
from idgen_compiler.forms.spelling import spelled_all

__all__ = ["FEW", "Support", "kish", "supports"]

FEW = 5
"""A cell with fewer rows is thin."""

_SHOWN = 2


@dataclass(frozen=True, eq=False)
class Support:
    """How the asked law lies over the inputs of one model, and how the rows do.

    asked: the share of the answer at each cell of the inputs.  rows: how many rows are there, None where they are not
    counted.  Shape of both: an axis for each input.
    """

    model: str
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    asked: Array
    frequencies: Array
    rows: float | None

    @property
    def empty(self) -> float:
        """The share of the answer that rests on cells without rows."""
        return float(self.asked[self.frequencies == 0].sum())

    @property
    def thin(self) -> float:
        """The share that rests on cells with fewer than `FEW` rows, and some."""
        if self.rows is None:
            return 0.0
        counts = self.frequencies * self.rows
        return float(self.asked[(counts > 0) & (counts < FEW)].sum())

    def cells(self, labels: Mapping[str, Sequence[Any]], thin: bool = False) -> str:
        """The cells without rows, or thin ones, as `X = 1, Z = 0`: those that the most of the answer rests on."""
        counts = self.frequencies * (self.rows or 0)
        found = (counts > 0) & (counts < FEW) if thin else self.frequencies == 0
        share = np.where(found, self.asked, 0)
        order = np.argsort(-share, axis=None)[:_SHOWN]
        shown = [self._cell(np.unravel_index(k, share.shape), labels) for k in order if share.flat[k] > 0]
        more = int((share > 0).sum()) - len(shown)
        text = " or ".join(shown)
        return f"{text} and {more} more cells" if more > 0 else text

    def _cell(self, place: Sequence[Any], labels: Mapping[str, Sequence[Any]]) -> str:
        return ", ".join(f"{name} = {cut(labels[name][k])}" for name, k in zip(self.inputs, place, strict=True))

    @property
    def name(self) -> str:
        """P(Y | X, Z), as it is called."""
        return f"P({spelled_all(self.targets)}{f' | {spelled_all(self.inputs)}' if self.inputs else ''})"


def supports(conditionals: Mapping[str, Conditional]) -> Iterator[Support]:
    """The supports of every model that the asked law reaches, once its mass was handed back (`Forward.mass`)."""
    for name, model in conditionals.items():
        if model.mass is None or not model.inputs:
            continue
        asked = np.asarray(model.mass.aligned(model.inputs), dtype=np.float64)
        total = asked.sum()
        if total > 0:
            p = np.asarray(model.frequencies.aligned(model.inputs), dtype=np.float64)
            yield Support(name, model.targets, model.inputs, asked / total, p, model.law.rows)


def kish(weight: Table, law: Law) -> tuple[float, float]:
    """The effective number of rows under a weight, and the largest share of one row in it.

    (sum w)^2 / sum w^2, over the rows of the law.  Source: Kish (1965), section 11.7.
    """
    rows = law.rows or 0.0
    p = np.asarray(law.marginal(weight.axes).aligned(weight.axes), dtype=np.float64)
    w = np.where(p > 0, np.asarray(weight.values, dtype=np.float64), 0)
    total, squares = float((p * w).sum()), float((p * w * w).sum())
    if total <= 0 or squares <= 0 or not rows:
        return 0.0, 1.0
    return rows * total**2 / squares, float(w.max()) / (rows * total)

"""Penalized logistic regression over a path of penalties."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners.cells import CellMeans, CellPath
from idgen_torch.estimating.learners.columns import Columns, Space, columns_of, has_columns
from idgen_torch.estimating.learners.learner import Array

__all__ = ["Logistic", "LogisticPath"]

NEWTON = 400  # with more columns than that, a step that factors their square costs more than it saves


@dataclass(frozen=True)
class Logistic:
    """Minimize mean log loss + penalty |b|^2 / 2, x being lines and levels, splines and products, or a kernel's."""

    space: Space = "splines"
    penalties: tuple[float, ...] = (1.0, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0001)
    most: int = 60  #: columns of a kernel

    @property
    def name(self) -> str:
        return self.space

    def suits(self, design: Design) -> bool:
        return has_columns(self.space, design)

    def fit(self, design: Design, target: Array, weights: Array) -> LogisticPath | CellPath:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        label, classes = target.argmax(1), target.shape[1]
        present = np.unique(label)
        if len(present) < 2:
            constant = CellMeans(saturated=False).fit(design, target, weights)
            return CellPath(constant.cells, constant.means.repeat(len(self.penalties), 0), constant.mean)
        basis, columns = columns_of(self.space, design, target, weights, self.most)
        model = LogisticRegression(
            solver="newton-cholesky" if len(present) == 2 and columns.shape[1] <= NEWTON else "lbfgs",
            tol=1e-3,
            max_iter=50,
            warm_start=True,
        )
        slopes = list[Array]()
        for penalty in self.penalties:
            model.set_params(C=1.0 / (penalty * len(design)))
            with warnings.catch_warnings():  # the held-out loss judges what was reached
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(columns, label, sample_weight=weights)
            found = np.vstack([model.intercept_, model.coef_.T])
            slopes.append(np.hstack([np.zeros_like(found), found]) if len(present) == 2 else found)
        return LogisticPath(basis, np.stack(slopes), present, classes)


@dataclass(frozen=True, eq=False)
class LogisticPath:
    """`slopes` (settings, 1 + columns, classes that were seen), the first row being the intercepts."""

    basis: Columns
    slopes: Array
    present: np.ndarray[tuple[int], np.dtype[np.int64]]
    classes: int

    @property
    def settings(self) -> int:
        return len(self.slopes)

    def at(self, design: Design, settings: Sequence[int]) -> Array:
        from scipy.special import softmax

        slopes = self.slopes[list(settings)]
        scores = self.basis.at(design) @ slopes[:, 1:] + slopes[:, :1]
        out = np.zeros((*scores.shape[:2], self.classes))
        out[:, :, self.present] = softmax(scores, axis=2)
        return out

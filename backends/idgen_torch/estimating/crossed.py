"""Every candidate trained with each fold held out, and what it says about the rows that it did not see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from idgen_compiler.errors import DataError
from idgen_torch.estimating.design import Design
from idgen_torch.estimating.learners import Array, Codes, Learner, Path

__all__ = ["Crossed", "crossed", "one_thread", "weights_of"]


@dataclass(frozen=True, eq=False)
class Crossed:
    """A candidate's model for each fold, which did not see it, and its predictions there.

    held: (settings, rows, outcomes)
    """

    name: str
    paths: tuple[Path, ...]
    held: Array


def crossed(
    learners: Sequence[Learner], design: Design, target: Array, weights: Array, fold: Codes, k: int
) -> list[Crossed]:
    """Train those candidates that suit these rows; rows of weight 0 teach nothing.

    Raises:
        DataError: outside of some fold no row has weight.
    """
    trained = [(fold != j) & (weights > 0) for j in range(k)]
    if not all(rows.any() for rows in trained):
        empty = next(j for j, rows in enumerate(trained) if not rows.any())
        raise DataError(f"outside of fold {empty} no row has a weight above 0; give more rows, or other folds")
    smallest = design.rows(min(trained, key=np.count_nonzero))
    return [
        _crossed(learner, design, target, weights, fold, trained) for learner in learners if learner.suits(smallest)
    ]


def _crossed(
    learner: Learner, design: Design, target: Array, weights: Array, fold: Codes, trained: Sequence[np.ndarray]
) -> Crossed:
    paths = [learner.fit(design.rows(rows), target[rows], weights[rows] / weights[rows].mean()) for rows in trained]
    held = np.empty((paths[0].settings, *target.shape))
    for j, path in enumerate(paths):
        if (fold == j).any():
            held[:, fold == j] = path.at(design.rows(fold == j), range(path.settings))
    return Crossed(learner.name, tuple(paths), held)


def weights_of(weights: object, rows: int) -> Array:
    """(rows,) weights with mean 1; ones where there are none.

    Raises:
        DataError: another shape, a weight that is negative or not finite, or none above 0.
    """
    if weights is None:
        return np.ones(rows)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (rows,):
        raise DataError(f"weights have shape {array.shape}; {rows} rows have {rows} of them")
    if not np.isfinite(array).all() or array.min(initial=0.0) < 0:
        raise DataError("weights hold a negative number, NaN or infinity; a weight is 0 or above")
    if not array.sum() > 0:
        raise DataError("no weight is above 0; at least one row has to count")
    return np.asarray(array / array.mean())


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep scikit-learn and the linear algebra to one thread, which is what small models are fastest with."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield

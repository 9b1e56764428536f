"""Which rows are held out together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from idgen_compiler.errors import DataError

__all__ = ["Folds"]


@dataclass(frozen=True, eq=False)
class Folds:
    """`k` folds of `n` rows, drawn by `seed`: rows of one group share a fold, strata are spread evenly.

    >>> folds = Folds(6, k=3, seed=0, groups=["a", "a", "b", "b", "c", "c"])
    >>> sorted(folds.of.tolist())
    [0, 0, 1, 1, 2, 2]
    >>> bool(folds.of[0] == folds.of[1])
    True

    Raises:
        DataError: there are fewer rows, or groups, than folds, or groups or strata of another length.
    """

    n: int
    k: int = 5
    seed: int = 0
    groups: ArrayLike | None = None
    strata: ArrayLike | None = None
    of: NDArray[np.int64] = field(init=False)  #: (n,) the fold of each row, 0 ... k - 1

    def __post_init__(self) -> None:
        groups = _numbered("groups", self.groups, self.n) if self.groups is not None else np.arange(self.n)
        strata = _numbered("strata", self.strata, self.n) if self.strata is not None else np.zeros(self.n, np.int64)
        units = int(groups.max(initial=-1)) + 1
        if self.k < 2 or units < self.k:
            what = "rows" if self.groups is None else "groups of rows"
            raise DataError(f"{units} {what} make no {self.k} folds; k from 2 to {units} does" if units > 1 else
                            f"{units} {what} cannot be held out in turn; at least 2 are needed")  # fmt: skip
        generator = np.random.default_rng(self.seed)
        of = _dealt(strata, self.k, generator) if self.groups is None else _grouped(groups, strata, self.k, generator)
        object.__setattr__(self, "of", of)

    @classmethod
    def labeled(cls, of: ArrayLike, k: int) -> Folds:
        """Folds that are known: the fold of each row, 0 ... k - 1; some may be empty.

        >>> Folds.labeled([0, 1, 1], k=3).of.tolist()
        [0, 1, 1]
        """
        labels = np.asarray(of, dtype=np.int64)
        made = object.__new__(cls)
        for name, value in {"n": len(labels), "k": k, "seed": 0, "groups": None, "strata": None, "of": labels}.items():
            object.__setattr__(made, name, value)
        return made

    def at(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Folds:
        """The same folds for some of the rows, by position or mask."""
        return Folds.labeled(self.of[index], self.k)

    def held(self, fold: int) -> NDArray[np.bool_]:
        """(n,) which rows lie in this fold."""
        return np.asarray(self.of == fold)


def _numbered(name: str, values: ArrayLike, n: int) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.shape != (n,):
        raise DataError(f"{name} have shape {array.shape}; {n} rows have {n} of them")
    return np.asarray(np.unique(array, return_inverse=True)[1], np.int64)


def _dealt(strata: NDArray[np.int64], k: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Shuffled, then dealt stratum after stratum like cards, so that each fold gets its share of each."""
    order = generator.permutation(len(strata))
    order = order[np.argsort(strata[order], kind="stable")]
    of = np.empty(len(strata), np.int64)
    of[order] = np.arange(len(strata)) % k
    return of


def _grouped(
    groups: NDArray[np.int64], strata: NDArray[np.int64], k: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Groups from the largest to the smallest, each into the fold that has the least of what the group brings."""
    counts = np.zeros((int(groups.max()) + 1, int(strata.max()) + 1))
    np.add.at(counts, (groups, strata), 1.0)
    share = counts / counts.sum(0)
    order = generator.permutation(len(counts))
    order = order[np.argsort(-counts[order].sum(1), kind="stable")]
    filled, rows = np.zeros((k, counts.shape[1])), np.zeros(k)
    fold_of = np.empty(len(counts), np.int64)
    for taken, group in enumerate(order):
        # The first k groups open a fold each, so that none stays empty.
        brought = filled @ share[group] + 1e-9 * rows
        fold = taken if taken < k else int(brought.argmin())
        fold_of[group] = fold
        filled[fold] += share[group]
        rows[fold] += counts[group].sum()
    return fold_of[groups]

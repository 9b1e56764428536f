"""A nuisance as it was learned: predictions on the rows it was learned from, and on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from idgen_torch.estimating.crossed import Crossed, one_thread
from idgen_torch.estimating.design import Design
from idgen_torch.estimating.folds import Folds
from idgen_torch.estimating.learners import Array

__all__ = ["Fitted", "Members", "Predictor", "said"]


class Predictor(Protocol):
    """The models of all folds."""

    def of(self, fold: int, design: Design) -> Array:
        """What the model that did not see this fold says about rows: (rows,) or (rows, columns)."""
        ...


@dataclass(frozen=True, eq=False)
class Fitted:
    """A cross-fitted nuisance.

    `own` holds predictions for the rows that it was learned from, (rows,) or (rows, outcomes or classes), each by the
    model that did not see the row's fold; `loss` is their weighted mean loss (squared, or log in nats), and `losses`
    what each candidate's was.
    """

    own: Array
    folds: Folds
    chosen: str  #: such as "trees-8 .63 + splines .37"; for several outcomes one after the other, joined by "; "
    loss: float
    losses: Mapping[str, float]
    predictor: Predictor = field(repr=False)
    like: Design = field(repr=False)  #: no rows, the columns that it was learned from

    def at(self, design: Design) -> Array:
        """(k, rows) or (k, rows, columns): what each fold's model says about other rows.

        Raises:
            DataError: `design` has other columns.
        """
        self.like.require_like(design)
        if not len(design):
            return np.empty((self.folds.k, 0, *self.own.shape[1:]))
        with one_thread():
            return np.stack([self.predictor.of(fold, design) for fold in range(self.folds.k)])

    def mean(self, design: Design) -> Array:
        """(rows,) or (rows, columns): the mean of the folds' models on other rows."""
        return np.asarray(self.at(design).mean(0))


@dataclass(frozen=True, eq=False)
class Members:
    """Candidates with the setting and the share that each has, and how they speak together."""

    crossed: tuple[Crossed, ...]
    settings: tuple[int, ...]
    shares: tuple[float, ...]

    @classmethod
    def kept(cls, crossed: Sequence[Crossed], settings: Sequence[int], shares: Array) -> Members:
        """Those whose share is above 0."""
        kept = [k for k, share in enumerate(shares) if share > 0]
        return cls(
            tuple(crossed[k] for k in kept), tuple(settings[k] for k in kept), tuple(float(shares[k]) for k in kept)
        )

    @property
    def text(self) -> str:
        """The candidates by their shares."""
        return said({member.name: share for member, share in zip(self.crossed, self.shares, strict=True)})

    @property
    def held(self) -> Array:
        """(rows, outcomes): predictions for their own rows, each by models that did not see it."""
        parts = zip(self.crossed, self.settings, self.shares, strict=True)
        return np.asarray(sum(share * member.held[setting] for member, setting, share in parts))

    def of(self, fold: int, design: Design) -> Array:
        """(rows, outcomes) of the model that did not see this fold."""
        parts = zip(self.crossed, self.settings, self.shares, strict=True)
        return np.asarray(sum(share * member.paths[fold].at(design, [setting])[0] for member, setting, share in parts))


def said(shares: Mapping[str, float]) -> str:
    """Names and shares, the largest first."""
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    if len(ordered) == 1:
        return ordered[0][0]
    return " + ".join(f"{name} {share:.2f}".replace(" 0.", " .") for name, share in ordered)

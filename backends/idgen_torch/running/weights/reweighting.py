"""Row weights that turn the law of a data set into one where some variables follow a policy."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from idgen_compiler.errors import DataError
from idgen_torch.arithmetic import effective_rows, total
from idgen_torch.running.ancestral import DataSet

__all__ = ["NoOverlap", "Weighted", "reweighted"]


class NoOverlap(DataError):
    """A policy puts no mass on any observed row."""


@dataclass(frozen=True, eq=False)
class Weighted:
    """A reweighted data set, its weights of mean one; `mass` was their mean before, relative to that of the rows."""

    data: DataSet
    effective: float  #: Kish's number of rows
    mass: float


def reweighted(name: str, data: DataSet, log_ratio: Tensor, kept: list[str]) -> Weighted:
    """The data set with each row's weight multiplied by exp(log_ratio), scaled to mean one.

    Shape: log_ratio (rows,), the log of policy(x) / P(x | inputs). Raises NoOverlap when no row has a weight.
    """
    before = None if data.weights is None else data.weights.double()
    log_weight = log_ratio.double() if before is None else log_ratio.double() + before.log()
    highest = log_weight.max()
    if not bool(torch.isfinite(highest)):
        raise NoOverlap(
            f"{name}: no row has a finite weight, because the policy puts no mass on the rows that were observed; "
            "compile with realize='regenerate'"
        )
    weights = (log_weight - highest).exp_()  # in place, for there may be many rows
    mean = total(weights) / len(weights)
    mass = float(mean / (1.0 if before is None else total(before) / len(before)) * highest.exp())
    weights /= mean
    rows = {name: data.rows[name] for name in kept}
    return Weighted(DataSet(rows, data.count, weights.float()), effective_rows(weights), mass)

"""What was found for some numbers at one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError

__all__ = ["Found", "NoRegression"]


@dataclass(frozen=True, eq=False)
class Found:
    """m numbers at one place.

    values: (m,).  influence: (rows, m), of weighted mean zero.  correction: (m,), what was added to the plug-in.
    drawn: (m, m), the covariance of the error of drawing.  freedom: degrees of freedom of the variance.
    unsure: (m, 2), how far down and up the answer may lie where a part of it rests on no rows.
    residual, riesz: (m,) or None; see `estimates.sensitivity`.
    draws: (repeats, m), the numbers of each repeat of a bootstrap.
    warnings are of overlap, and are issued; cautions are what else to know at first sight.
    """

    values: Array
    influence: Array
    method: str
    effective_rows: float
    largest_share: float
    correction: Array
    drawn: Array
    freedom: float = np.inf
    unsure: Array | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    residual: Array | None = None
    riesz: Array | None = None
    draws: Array | None = None
    cautions: tuple[str, ...] = ()


class NoRegression(DataError):
    """A one-step estimate would learn a regression that it has no way to learn; a bootstrap needs none."""

"""What was found for some numbers at one place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["Found"]


@dataclass(frozen=True, eq=False)
class Found:
    """m numbers at one place.

    values: (m,).  influence: (rows, m), of weighted mean zero.  correction: (m,), what was added to the plug-in.
    drawn: (m, m), the covariance of the error of drawing.  freedom: degrees of freedom of the variance.
    unsure: (m, 2), how far down and up the answer may lie where a part of it rests on no rows.
    residual, riesz: (m,) or None; see `estimates.sensitivity`.
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

"""Parts as columns that trees and regressions read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.part import Form, Part
from idgen_torch.parts import Values

__all__ = ["columns_of", "readable"]

ONE_HOT, MOST_COLUMNS = 8, 30
"""Categories of so many labels get a column each; of others the code is one. So many columns are read at most."""


def readable(parts: Sequence[Part]) -> list[Part]:
    """Those whose values are categories or numbers; pictures and texts are none."""
    return [part for part in parts if part.form in (Form.CODES, Form.NUMBERS)]


def columns_of(parts: Sequence[Part], rows: Values, count: int) -> Array:
    """Shape: (count, columns) float64."""
    found: list[Array] = []
    for part in readable(parts):
        values = rows[part.name].cpu().numpy()
        if part.size is None:
            found.append(values.astype(np.float64).reshape(count, -1))
        elif 2 < part.size <= ONE_HOT:
            found.append(np.eye(part.size)[values])
        else:
            found.append(values.astype(np.float64)[:, None])
    whole = np.concatenate(found, 1) if found else np.zeros((count, 0))
    return np.asarray(whole[:, :MOST_COLUMNS])

"""An estimated mean, and the data sets over which means are estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_torch.estimating import Folds
from idgen_torch.running.estimates.onestep.frames import Frame
from idgen_torch.running.estimates.onestep.functions import Function

__all__ = ["Data", "Mean"]


@dataclass(frozen=True, eq=False)
class Mean:
    """An estimated mean of m functions: the plug-in, what was added to it, and the influence at each real row.

    Shape: plug_in and correction (m,), influence (rows, m) of weighted mean zero.
    """

    plug_in: Array
    correction: Array
    influence: Array
    drawn: Array  #: (m, m), the covariance of the error of drawing

    @property
    def value(self) -> Array:
        """The one-step estimate.  Shape: (m,)."""
        return np.asarray(self.plug_in + self.correction)


@dataclass(frozen=True, eq=False)
class Data:
    """The rows of a data set, their folds, and how the mean of a function in its law is estimated."""

    frame: Frame
    folds: Folds
    mean: Callable[[Function], Mean]
    project: Callable[[Function], Function] = field(default=lambda f: f)
    """A function with the same conditional means given the rows' variables, that reads fewer of what is simulated."""

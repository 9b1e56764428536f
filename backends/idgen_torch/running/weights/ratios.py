"""By how much policies make each row of a data set likelier than it is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from idgen_compiler.ir.operations import Realize, Reweight
from idgen_torch.families.returned import log_density
from idgen_torch.running.ancestral import DataSet
from idgen_torch.running.weights.densities import Densities

__all__ = ["log_ratio"]


def log_ratio(op: Realize, way: Reweight, values: Mapping[str, Any], densities: Densities) -> Tensor:
    """Log of the policies' probability or density of each row, less that of the models.  Shape: (rows,) float64.

    Raises NoOverlap for a fixed number, which has no density.
    """
    data: DataSet = values[way.data]
    found = torch.zeros((), dtype=torch.float64)
    for draw, by in zip(way.do, way.by, strict=True):
        policy = densities.log_prob(f"{op.result}.{draw.slot}", draw.slot, draw.policy, data, values)
        observed = log_density(by, values[by], data.rows).double().cpu()
        # A row that the policy never takes weighs nothing, however unlikely it was.
        found = found + torch.where(policy == -math.inf, policy, policy - observed)
    return found

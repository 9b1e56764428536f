"""How many rows stay effective after a reweighting, as a fitted sampler reports it."""

from __future__ import annotations

import math

from idgen_compiler.hinge.backend import Sampler
from idgen_torch import TorchSampler

__all__ = ["effective_fraction"]


def effective_fraction(sampler: Sampler) -> float:
    """The smallest fraction among the program's reweightings, taken or only tried; NaN where none was tried."""
    if not isinstance(sampler, TorchSampler):
        raise TypeError(f"{type(sampler).__name__} reports no effective rows")
    record = sampler.report()
    found = [choice.overlap.effective for choice in record.choices if choice.overlap is not None]
    if not record.choices:
        weighted = {op.result for op in sampler.program.reweightings}
        found = [data.effective_rows / data.rows for data in record.data if data.operation in weighted]
    return min(found, default=math.nan)

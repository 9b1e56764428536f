"""A function of a slot that a policy draws, as its mean over the policy: nothing of a stated law is left to chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.hinge.policies import Shift
from idgen_compiler.ir.policies import Fixed
from idgen_torch.running.assigning import Assigning
from idgen_torch.running.estimates.onestep.frames import Frame, codes_of
from idgen_torch.running.estimates.onestep.functions import Function, Made
from idgen_torch.running.estimates.onestep.governed import table_of
from idgen_torch.seeds import stream_for

__all__ = ["averaged"]

DRAWS = 16
"""A policy without a table is drawn so often for each row."""


def averaged(f: Function, slot: str, fill: Any, schema: Schema, seed: int, device: torch.device) -> Function:
    """E[f] over what fills one of the slots that f reads, given what the policy reads."""
    read = tuple(fill.each.read.values()) if isinstance(fill, Assigning) else ()
    table = table_of(fill, schema) if isinstance(fill, Assigning) else None
    reads = frozenset((f.reads - {slot}) | set(read))
    if table is not None:

        def summed(frame: Frame) -> Array:
            at = tuple(codes_of(frame, each) for each in read)
            total: Any = 0.0
            for code in range(len(table)):
                weight = np.broadcast_to(table[(np.full(frame.count, code), *at)], (frame.count,))
                if weight.any():
                    set_to = (torch.tensor([code], dtype=torch.int64),)
                    total = total + weight[:, None] * f.at(_with(frame, slot, set_to))
            return np.asarray(total)

        return Made(reads, summed)
    policy = fill.each.policy if isinstance(fill, Assigning) else None
    draws = 1 if isinstance(policy, Shift | Fixed) else DRAWS

    def drawn(frame: Frame) -> Array:
        generator = stream_for(seed, "estimate", "policy", slot, device=device)
        filled = (fill.fill(frame.slots, frame.count, generator) for _ in range(draws))
        return np.asarray(sum(f.at(_with(frame, slot, values)) for values in filled) / draws)

    return Made(reads, drawn)


def _with(frame: Frame, slot: str, values: tuple[torch.Tensor, ...]) -> Frame:
    return replace(frame, slots={**{name: frame.slots[name] for name in frame.slots}, slot: values})

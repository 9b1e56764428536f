"""An accelerator of accelerate that belongs to one training."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch

from idgen_torch.training.crew import Crew

__all__ = ["accelerated"]

_JOINED = ("RANK", "LOCAL_RANK", "WORLD_SIZE")
"""The variables by which accelerate takes a process for one of several."""


@contextmanager
def accelerated(precision: str, accumulation: int, device: torch.device, crew: Crew) -> Iterator[Any]:
    """An accelerator of this training's own, on the current CUDA device where it has one.

    Accelerate keeps one state a process: that of the user's own accelerators is as it was afterwards. Whether it joins
    others follows from the crew alone, whatever the environment of the process says.
    """
    from accelerate import Accelerator, DistributedDataParallelKwargs
    from accelerate.state import AcceleratorState, GradientState, PartialState

    shared: list[dict[str, Any]] = [kind._shared_state for kind in (AcceleratorState, GradientState, PartialState)]
    before = [dict(state) for state in shared]
    for state in shared:
        state.clear()
    try:
        with torch.cuda.device(device) if device.type == "cuda" else nullcontext():
            with _hidden(() if crew.size > 1 else _JOINED):
                found = Accelerator(
                    cpu=device.type == "cpu",
                    device_placement=False,
                    mixed_precision=precision,
                    gradient_accumulation_steps=accumulation,
                    kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
                )
            yield found
    finally:
        for state, kept in zip(shared, before, strict=True):
            state.clear()
            state.update(kept)


@contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Meanwhile these variables of the environment are not there."""
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)

"""Randomness of code that knows no generator: drawn from the one that is handed in, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import numpy as np
import torch

__all__ = ["numpy_stream", "seeded"]

_turn = RLock()
"""The process has one global generator of torch: whoever borrows it waits for his turn."""


@contextmanager
def seeded(generator: torch.Generator) -> Iterator[None]:
    """Within it, torch's global generators follow `generator`; afterwards they stand where they stood.

    For libraries that draw from global state. Others that draw from it at the same time, in other threads, still may
    disturb what is drawn here.

    >>> before = torch.get_rng_state()
    >>> with seeded(torch.Generator().manual_seed(0)):
    ...     first = torch.rand(1)
    >>> with seeded(torch.Generator().manual_seed(0)):
    ...     again = torch.rand(1)
    >>> bool(first == again), bool((before == torch.get_rng_state()).all())
    (True, True)
    """
    seed, device = _seed(generator), generator.device
    with _turn, torch.random.fork_rng([device] if device.type == "cuda" else [], device_type="cuda"):
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def numpy_stream(generator: torch.Generator) -> np.random.Generator:
    """A generator of NumPy whose draws depend on the one of torch that is handed in, which moves on.

    >>> numpy_stream(torch.Generator().manual_seed(0)).normal(size=3).shape
    (3,)
    """
    return np.random.default_rng(_seed(generator))


def _seed(generator: torch.Generator) -> int:
    return int(torch.randint(2**62, (1,), generator=generator, device=generator.device))

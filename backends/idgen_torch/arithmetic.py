"""Our own settings of torch while models are trained or drawn from, whatever the caller's are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["our_arithmetic"]


@contextmanager
def our_arithmetic(gradients: bool) -> Iterator[None]:
    """float32 as the default, and gradients or none."""
    theirs = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.inference_mode(False), torch.set_grad_enabled(gradients):
            yield
    finally:
        torch.set_default_dtype(theirs)

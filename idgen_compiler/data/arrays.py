"""What counts as an array here, and the libraries that load only when data are read."""

from __future__ import annotations

from typing import Any

import numpy as np

from idgen_compiler.errors import IdgenError

__all__ = ["Array", "Pictures", "as_numpy", "pandas"]

Array = np.ndarray[Any, np.dtype[Any]]

Pictures = np.ndarray[Any, np.dtype[np.uint8]]
"""Shape: (rows, channels, height, width)."""


def as_numpy(value: Any) -> Any:
    """A tensor of another library, on whatever device, as a NumPy array; anything else as it is."""
    return value.detach().cpu().numpy() if callable(getattr(value, "detach", None)) else value


def pandas() -> Any:
    """The library.  Raises IdgenError where it is not installed."""
    try:
        import pandas
    except ImportError:
        raise IdgenError("reading data needs pandas; pip install 'idgen-compiler[check]', or [torch]") from None
    return pandas

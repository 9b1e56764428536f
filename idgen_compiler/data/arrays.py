"""What counts as an array here, and the libraries that load only when data are read."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError, IdgenError

__all__ = ["Array", "Pictures", "as_numpy", "nothing", "pandas", "timedeltas"]

_DAYS = re.compile(r"(\d\s*)d\b")

Array = np.ndarray[Any, np.dtype[Any]]

Pictures = np.ndarray[Any, np.dtype[np.uint8]]
"""Shape: (rows, channels, height, width)."""


def as_numpy(value: Any) -> Any:
    """A tensor of another library, on whatever device, as a NumPy array; anything else as it is.

    Numbers of a precision that NumPy does not know become float32, which holds all of them. Raises DataError for a
    tensor that is no plain array, such as a sparse one.
    """
    if not callable(getattr(value, "detach", None)):
        return value
    tensor = value.detach().cpu()
    try:
        return tensor.numpy()
    except (TypeError, RuntimeError, AttributeError):
        narrow = "float" in str(tensor.dtype)
    try:
        return tensor.float().numpy() if narrow else tensor.numpy()
    except (TypeError, RuntimeError, AttributeError) as error:
        raise DataError(f"a tensor of {getattr(value, 'dtype', '?')} becomes no array: {error!s:.200}") from None


def nothing(name: str, values: Any) -> Array:
    """Which entries of a Series or an array of objects are missing.  Shape: (rows,) bool.

    Raises DataError for entries that cannot even be asked, such as a decimal's signaling NaN.
    """
    try:
        return np.asarray(pandas().isna(values), dtype=bool)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise DataError(f"column {name} holds what is no value ({error!r:.80}); leave it out") from None


def timedeltas(texts: Any) -> Any:
    """A text, or several, as durations; a `d` for days is read as `D`, which pandas asks for.

    Raises ValueError, OverflowError or TypeError as `pandas.to_timedelta` does, IdgenError where pandas is missing.

    >>> str(timedeltas("5 d").astype("m8[D]")), timedeltas(["90 min"]).tolist()
    ('5 days', [datetime.timedelta(seconds=5400)])
    """
    own = _DAYS.sub(r"\1D", texts) if isinstance(texts, str) else [_DAYS.sub(r"\1D", text) for text in texts]
    return pandas().to_timedelta(own).to_numpy()


def pandas() -> Any:
    """The library.  Raises IdgenError where it is not installed."""
    try:
        import pandas
    except ImportError:
        raise IdgenError("reading data needs pandas; pip install 'idgen-compiler[check]', or [torch]") from None
    return pandas

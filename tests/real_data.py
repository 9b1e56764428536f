"""Where the data sets of others are that tests and benchmarks use, and skip without; none of them is in the project."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["real_data"]


def real_data(*place: str) -> Path:
    """A file or folder of IDGEN_DATA, or of `../shared/data` beside the project; it may not be there."""
    return Path(os.environ.get("IDGEN_DATA") or Path(__file__).parents[2] / "shared" / "data").joinpath(*place)

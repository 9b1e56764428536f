"""What these commands need beside the compiler, imported when they run."""

from __future__ import annotations

import importlib
from typing import Any

from idgen_compiler.errors import IdgenError

__all__ = ["needed_by"]


def needed_by(extra: str, module: str) -> Any:
    """A module of ours that stands on the packages of an extra.  Raises IdgenError where these are not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if (error.name or "").startswith("idgen_"):
            raise
        raise IdgenError(
            f"`idgen {extra}` needs {error.name or error}; install it with: pip install 'idgen-compiler[{extra}]'"
        ) from None

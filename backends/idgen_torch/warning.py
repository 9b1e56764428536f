"""Warnings that point at the user's own line."""

from __future__ import annotations

import sys
import warnings

from idgen_compiler.errors import OverlapWarning

__all__ = ["LawWarning", "warn_law", "warn_overlap"]

_OURS = ("idgen_torch", "idgen_compiler")


class LawWarning(UserWarning):
    """What is sampled is, by the user's choice, not the law that the estimand asks for."""


def warn_overlap(message: str) -> None:
    """Issue an OverlapWarning at the first line outside these packages that led here."""
    _warn(message, OverlapWarning)


def warn_law(message: str) -> None:
    """Issue a LawWarning at the first line outside these packages that led here."""
    _warn(message, LawWarning)


def _warn(message: str, category: type[Warning]) -> None:
    level, frame = 2, sys._getframe(1)  # level 1 is this function
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in _OURS:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)

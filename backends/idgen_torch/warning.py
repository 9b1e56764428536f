"""Warnings of this backend's own."""

from __future__ import annotations

from idgen_compiler.warning import warn_user

__all__ = ["LawWarning", "NoiseWarning", "warn_law", "warn_noise"]


class LawWarning(UserWarning):
    """What is sampled is, by the user's choice, not the law that the estimand asks for."""


def warn_law(message: str) -> None:
    """Issue a LawWarning at the first line outside these packages that led here."""
    warn_user(message, LawWarning)


class NoiseWarning(UserWarning):
    """What a model says depends on the seed as much as on the data."""


def warn_noise(message: str) -> None:
    """Issue a NoiseWarning at the first line outside these packages that led here."""
    warn_user(message, NoiseWarning)

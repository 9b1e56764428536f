"""The sixty models, in a fixed order: five seeds of each kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from tests.referee.questions import adjusted, confounded
from tests.referee.questions.scm import Model

__all__ = ["KINDS", "SEEDS", "models"]

KINDS: tuple[Callable[[int], Model], ...] = (
    adjusted.smooth,
    adjusted.steps,
    adjusted.zeros,
    adjusted.heavy_tails,
    adjusted.covariates,
    adjusted.mixed,
    confounded.front_door,
    confounded.two_stages,
    confounded.napkin_wide,
    confounded.napkin_plain,
    confounded.napkin_narrow,
    confounded.given,
)
SEEDS = (1, 2, 3, 4, 5)


@cache
def models() -> tuple[Model, ...]:
    """Seed by seed, so that a run that is cut short has seen every kind."""
    return tuple(kind(seed) for seed in SEEDS for kind in KINDS)

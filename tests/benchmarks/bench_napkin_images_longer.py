"""Napkin-MNIST as pictures with twice the training: `napkin_images` with 12,000 steps in all, for ours and for Cond.

Two models of ours learn from real rows and one from regenerated ones, so that each makes 4,000 steps here and 2,000
there: this shows what is left to gain. Everything else, and what can be set, is as there.
"""

from __future__ import annotations

from dataclasses import replace

from tests.benchmarks.bench_napkin_images import STEPS, Settings, table
from tests.benchmarks.report import Row

__all__ = ["run"]

METHODS = ("truth", "regenerate", "cond")


def run(quick: bool) -> list[Row]:
    """The rows of `napkin_images` for these methods."""
    settings = Settings.quickly() if quick else replace(Settings.from_environment(), steps=2 * STEPS)
    return table(replace(settings, methods=METHODS, pictures=False))

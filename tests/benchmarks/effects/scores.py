"""How good estimates with intervals are: coverage, width, bias, root mean squared error and seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.benchmarks.effects.runner import Answer
from tests.benchmarks.report import Row

__all__ = ["scored"]


def scored(answers: Sequence[Answer], truth: float | Sequence[float]) -> Row:
    """One row of numbers about the answers of one method to many tables; "said" is the refusal that it gave instead.

    `truth` is one number, or one for each table. coverage is the share of all tables whose interval holds the truth, a
    refusal holding nothing; its standard error stands behind it.
    """
    given = [answer for answer in answers if not answer.error]
    said = next((answer.error for answer in answers if answer.error), "")
    if not given:
        return {"tables": len(answers), "answered": 0, "said": said}
    value, low, high = (np.array([getattr(answer, name) for answer in given]) for name in ("value", "low", "high"))
    true = np.array([truth if isinstance(truth, float) else truth[answer.table] for answer in given])
    covered, off = float(((low <= true) & (true <= high)).sum() / len(answers)), value - true
    error = np.sqrt(covered * (1 - covered) / len(answers))
    return {
        "tables": len(answers),
        "answered": len(given),
        "coverage": f"{covered:.1%} ± {error:.1%}",
        "width": f"{(high - low).mean():.3f}",
        "bias": f"{off.mean():+.3f} ± {off.std() / np.sqrt(len(given)):.3f}",
        "rmse": f"{np.sqrt((off**2).mean()):.3f}",
        "CPU s": f"{np.mean([answer.seconds for answer in given]):.2f}",
        "said": said,
    }

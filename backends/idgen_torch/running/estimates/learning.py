"""How nuisances of estimates are learned: from rows, or read where a store has them from another process or query."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.hinge.installed import version
from idgen_torch.estimating import Design, Fitted, Folds, Ratio, propensity, ratio, regression
from idgen_torch.estimating.propensity import CLASSES
from idgen_torch.estimating.regression import MEANS, TOGETHER
from idgen_torch.running.files.artefacts import Artefacts

__all__ = ["Learning"]

F = TypeVar("F", bound=Fitted)

WAY = 1
"""Goes up when the same rows are to give other nuisances, so that those of before are not taken for them."""


@dataclass(frozen=True, eq=False)
class Learning:
    """What learns nuisances; one that was learned from the same rows before is read from a store, where there is one.

    A nuisance is determined by every number that it is learned from, the folds, the candidates and the libraries, and
    by nothing else: another query over the same data finds it there.
    """

    kept: Artefacts | None = None

    def regression(self, design: Design, y: Array, folds: Folds, weights: Array | None = None) -> Fitted:
        """See `estimating.regression`."""
        told = {"design": design, "y": y, "weights": weights, "candidates": (MEANS, TOGETHER)}
        return self._once("regression", design, folds, told, lambda: regression(design, y, folds, weights))

    def propensity(
        self, design: Design, label: Array, folds: Folds, weights: Array | None = None, classes: int | None = None
    ) -> Fitted:
        """See `estimating.propensity`."""
        told = {"design": design, "y": label, "weights": weights, "classes": classes, "candidates": CLASSES}
        return self._once("chances", design, folds, told, lambda: propensity(design, label, folds, weights, classes))

    def ratio(
        self, real: Design, asked: Design, folds: Folds, weights: Array | None = None, asked_folds: Array | None = None
    ) -> Ratio:
        """See `estimating.ratio`."""
        told = {"design": real, "asked": asked, "weights": weights, "asked folds": asked_folds, "candidates": CLASSES}
        return self._once(
            "ratio", real, folds, told, lambda: ratio(real, asked, folds, weights, asked_folds=asked_folds)
        )

    def _once(self, what: str, design: Design, folds: Folds, told: dict[str, Any], learn: Callable[[], F]) -> F:
        if self.kept is None:
            return learn()
        names = dict.fromkeys(name.partition(".")[0] for name in design.names)
        label = f"{what} given {', '.join(names)}" if names else f"{what} given nothing"
        depends = {"what": what, "way": WAY, "libraries": _libraries(), "folds": [_digest(folds.of), folds.k]}
        depends |= {name: _told(value) for name, value in told.items()}
        return self.kept.nuisance(label, depends, learn)


def _told(value: Any) -> Any:
    """What stands for an argument in a key."""
    match value:
        case Design():
            return [_digest(value.numbers), _digest(value.codes), list(value.sizes)]
        case np.ndarray():
            return _digest(value)
        case tuple():
            return repr(value)
    return value


def _digest(values: np.ndarray[Any, Any]) -> str:
    found = hashlib.sha256(f"{values.dtype} {values.shape}\n".encode())
    found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


@cache
def _libraries() -> dict[str, str]:
    """The versions of all that learns them."""
    found = {"python": platform.python_version().rpartition(".")[0]}
    return found | {name: version(name) or "unknown" for name in ("idgen-compiler", "numpy", "scipy", "scikit-learn")}

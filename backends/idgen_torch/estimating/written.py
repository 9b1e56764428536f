"""Nuisances as plain values and arrays: nothing of them is code, and nothing is executed when one is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from idgen_compiler.errors import DataError
from idgen_torch.estimating.crossed import Crossed
from idgen_torch.estimating.design import Design
from idgen_torch.estimating.fitted import Fitted, Members
from idgen_torch.estimating.folds import Folds
from idgen_torch.estimating.learners.basis import Basis, Curve
from idgen_torch.estimating.learners.boosted import Bins, BoostedPath
from idgen_torch.estimating.learners.cells import CellPath
from idgen_torch.estimating.learners.columns import Curved
from idgen_torch.estimating.learners.forest import ForestPath
from idgen_torch.estimating.learners.grown import Boosting, Leaves
from idgen_torch.estimating.learners.kernel import KernelBasis
from idgen_torch.estimating.learners.logistic import LogisticPath
from idgen_torch.estimating.learners.ridge import RidgePath
from idgen_torch.estimating.learners.straight import Straightened
from idgen_torch.estimating.propensity import Mixture
from idgen_torch.estimating.ratio import Odds, Ratio
from idgen_torch.estimating.regression import Stack

__all__ = ["Written", "fitted_of", "written"]

_KINDS: tuple[type[Any], ...] = (
    Basis, Bins, Boosting, BoostedPath, CellPath, Crossed, Curve, Curved, Design, Fitted, ForestPath, KernelBasis,
    Leaves, LogisticPath, Members, Mixture, Odds, Ratio, RidgePath, Stack, Straightened,
)  # fmt: skip
_KNOWN = {kind.__name__: kind for kind in _KINDS}


@dataclass(frozen=True)
class Written:
    """Objects in an order in which each names earlier ones only, as JSON holds them, and the arrays that they name."""

    objects: list[Any]
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(repr=False)


def written(fitted: Fitted) -> Written:
    """A nuisance as plain values; what two parts share is written once.

    >>> from idgen_torch.estimating import regression
    >>> x = np.linspace(-1, 1, 60)
    >>> found = regression(Design.of({"x": x}), 3 * x + 1, Folds(60, k=3, seed=0))
    >>> again = fitted_of(written(found))
    >>> bool((again.own == found.own).all()), again.at(Design.of({"x": np.array([0.5])})).round(2).tolist()
    (True, [[2.5], [2.5], [2.5]])
    """
    writer = _Writer()
    writer.plain(fitted)
    return Written(writer.objects, writer.arrays)


@dataclass(eq=False)
class _Writer:
    objects: list[Any] = field(default_factory=list)
    arrays: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)  #: identity -> place

    def plain(self, value: Any) -> Any:
        match value:
            case None | bool() | int() | float() | str():
                return value
            case np.generic():
                return value.item()
            case np.ndarray():
                name = str(len(self.arrays))
                self.arrays[name] = np.array(value, order="C")
                return {"array": name}
            case tuple() | list():
                return {"list": [self.plain(each) for each in value]}
            case Mapping():
                return {"mapping": {str(name): self.plain(each) for name, each in value.items()}}
        if id(value) not in self.known:
            told = {name: self.plain(each) for name, each in _parts(value)}
            self.objects.append([type(value).__name__, told])
            self.known[id(value)] = len(self.objects) - 1
        return {"object": self.known[id(value)]}


def _parts(value: Any) -> list[tuple[str, Any]]:
    """The fields of an object; what candidates said of the rows that they learned from is not needed any more."""
    if isinstance(value, Folds):
        return [("of", value.of), ("k", value.k)]
    if type(value) not in _KINDS:
        raise TypeError(f"a nuisance holds {type(value).__name__}, which is not kept")
    found = [(each.name, getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, Crossed):
        found = [(name, each[:, :0] if name == "held" else each) for name, each in found]
    return found


def fitted_of(found: Written) -> Fitted:
    """The nuisance that was written.  Raises DataError for anything else."""
    made: list[Any] = []
    try:
        for kind, told in found.objects:
            values = {name: _read(each, made, found.arrays) for name, each in told.items()}
            made.append(Folds.labeled(**values) if kind == "Folds" else _KNOWN[kind](**values))
        last = made[-1]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"it is no nuisance that was kept ({type(error).__name__}: {error})") from None
    if not isinstance(last, Fitted):
        raise DataError(f"it is {type(last).__name__}, and no nuisance")
    return last


def _read(value: Any, made: list[Any], arrays: Mapping[str, np.ndarray[Any, Any]]) -> Any:
    if not isinstance(value, dict):
        return value
    (kind, told), *others = value.items()
    if others:
        raise ValueError("an entry says several things")
    match kind:
        case "array":
            return arrays[told]
        case "list":
            return tuple(_read(each, made, arrays) for each in told)
        case "mapping":
            return {name: _read(each, made, arrays) for name, each in told.items()}
        case "object":
            return made[told]
    raise ValueError(f"an entry is {kind!r:.40}")

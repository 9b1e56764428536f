"""Functions of a network's slots: what is asked for, and what it becomes on the way back."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.estimates.measures import Functional
from idgen_compiler.hinge.samples import Samples
from idgen_torch.estimating import Design, Fitted
from idgen_torch.running.estimates.onestep.frames import Frame, design_of
from idgen_torch.tensors import decode

__all__ = ["Function", "Learned", "Made", "Outcome", "said"]


class Function(Protocol):
    """A function of rows of slots, m numbers each."""

    @property
    def reads(self) -> frozenset[str]:
        """The slots that it reads."""
        ...

    @property
    def token(self) -> Hashable:
        """What it is remembered by: equal tokens are equal functions."""
        ...

    def at(self, frame: Frame) -> Array:
        """Shape: (rows, m)."""
        ...


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a user asks the mean of, in the user's units."""

    schema: Schema
    functionals: tuple[Functional, ...]
    outcomes: tuple[str, ...]

    @property
    def reads(self) -> frozenset[str]:
        """The outcomes that are read; all where a functional does not say which."""
        named = [f.columns or self.outcomes for f in self.functionals]
        return frozenset(name for names in named for name in names)

    @property
    def token(self) -> Hashable:
        """The functionals, and what they are functions of."""
        return tuple(each.token for each in self.functionals), self.outcomes

    def at(self, frame: Frame) -> Array:
        """The functionals of each row."""
        columns = {}
        for name in self.reads:
            column = self.schema[name].empty(frame.count)
            decode(self.schema[name], [v.expand(frame.count, *v.shape[1:]) for v in frame.slots[name]], column)
            columns[name] = column
        samples = Samples(columns)
        return np.stack([f.of(samples) for f in self.functionals], 1)


@dataclass(frozen=True, eq=False)
class Learned:
    """A regression on some slots; each row is spoken of by a model that did not see its fold."""

    schema: Schema
    slots: tuple[str, ...]
    fitted: Fitted

    @property
    def reads(self) -> frozenset[str]:
        """The slots."""
        return frozenset(self.slots)

    @property
    def token(self) -> Hashable:
        """The regression."""
        return self.fitted, self.slots

    def at(self, frame: Frame) -> Array:
        """Predictions."""
        return said(self.fitted, design_of(self.schema, self.slots, frame), frame)


def said(fitted: Fitted, design: Design, frame: Frame) -> Array:
    """What is predicted for rows: each by the model that did not see its fold, or the mean of all where it has none."""
    if frame.fold is None:
        return fitted.mean(design)
    found = np.empty((frame.count, *fitted.own.shape[1:]))
    for fold in range(fitted.folds.k):
        rows = frame.fold == fold
        if rows.any():
            found[rows] = fitted.predictor.of(fold, design.rows(rows))
    return found


@dataclass(frozen=True, eq=False)
class Made:
    """A function that is computed from others."""

    reads: frozenset[str]
    function: Callable[[Frame], Array]
    token: Hashable = field(default_factory=object)  #: unlike any other where nobody says what it is

    def at(self, frame: Frame) -> Array:
        """Its values."""
        return self.function(frame)

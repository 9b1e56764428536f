"""Functions of a network's slots: what is asked for, and what it becomes on the way back."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.schema import Schema
from idgen_compiler.estimates.measures import Functional
from idgen_compiler.hinge.samples import Samples
from idgen_torch.estimating import Design, Fitted
from idgen_torch.running.estimates.onestep.frames import Frame, design_of
from idgen_torch.tensors import decode

__all__ = ["Composed", "Function", "Learned", "Made", "Outcome", "composed", "said"]


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
class Composed:
    """Functions times indicators of what is known before: `pairs` are the places of both in `inner` and in `outer`.

    Where only `inner` is averaged, only that has to be learned: E[Y 1(Z = z) | Z, X] is E[Y | Z, X] 1(Z = z), once for
    all groups, and the share of a group is not learned from rows that lack some of its units. None stands for one.
    """

    inner: Function
    outer: Outcome
    pairs: tuple[tuple[int | None, int | None], ...]

    @property
    def reads(self) -> frozenset[str]:
        """What either reads."""
        return self.inner.reads | self.outer.reads

    @property
    def token(self) -> Hashable:
        """Both, and how they are paired."""
        return self.inner.token, self.outer.token, self.pairs

    def at(self, frame: Frame) -> Array:
        """The products."""
        return self.of(self.inner.at(frame), frame)

    def of(self, inner: Array, frame: Frame) -> Array:
        """The products where the inner values are given.  Shape: (rows, ...) -> (rows, m)."""
        outer, one = self.outer.at(frame), np.ones(frame.count)
        columns = ((one if k is None else inner[:, k], one if j is None else outer[:, j]) for k, j in self.pairs)
        return np.stack([a * b for a, b in columns], 1)


def composed(outcome: Outcome) -> Function:
    """An outcome in which functionals are products with indicators, of distinct functions and distinct indicators."""
    inside = {f.factors[1].token: f.factors[1] for f in outcome.functionals if f.factors is not None}
    bases: dict[Hashable, Functional] = {}
    pairs: list[tuple[Hashable, Hashable]] = []
    for f in outcome.functionals:
        base, indicator = f.factors or (f, None)
        if indicator is None and f.token in inside:
            pairs.append((None, f.token))
            continue
        bases[base.token] = base
        pairs.append((base.token, None if indicator is None else indicator.token))
    if not inside:
        return outcome
    inner, outer = (replace(outcome, functionals=tuple(each.values())) for each in (bases, inside))
    first: dict[Hashable, int] = {token: k for k, token in enumerate(bases)}
    second: dict[Hashable, int] = {token: k for k, token in enumerate(inside)}
    return Composed(inner, outer, tuple((first.get(a), second.get(b)) for a, b in pairs))


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

"""What a backend is asked for: numbers that are wanted, and how."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Real
from typing import Any, Literal, get_args

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError, IdgenError, near_misses
from idgen_compiler.hinge.question import checked_seed
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.program import Program

__all__ = ["SHARE", "Asking", "Choose", "Functional", "Measure", "Method", "asking_of", "checked_level", "over_labels"]

Method = Literal["auto", "closed form", "one-step", "bootstrap", "plug-in"]
"""How a number and its interval are had; "auto" leaves it to the backend."""


Choose = Literal["compiled", "variance"]
"""Which of equal programs answers: the one that was compiled, or the one with the least estimated variance."""


SHARE = (0.0, 1.0)
"""The values of an indicator, whose mean is the share of an event."""


@dataclass(frozen=True, eq=False)
class Functional:
    """A number of each sample, whose mean is wanted: f(samples) -> array (n,).

    `columns` are the outcomes that it reads, none where that is not known and it may read all. `ends` are its
    least and largest value, where these are known: its mean is a share of the way from one to the other.

    >>> at_risk = Functional("P(Y > 1)", lambda samples: samples["Y"] > 1, ("Y",), ends=SHARE)
    >>> at_risk.of(Samples({"Y": np.array([0.0, 2.0])}))
    array([0., 1.])
    """

    name: str
    function: Callable[[Samples], Any] = field(repr=False)
    columns: tuple[str, ...] = ()
    ends: tuple[float, float] | None = None
    factors: tuple[Functional, Functional] | None = field(default=None, repr=False)  #: of a product with an indicator
    meaning: Hashable = None  #: equal ones are the same function; None where the function itself says what it is

    @property
    def token(self) -> Hashable:
        """What it is remembered by."""
        return self.function if self.meaning is None else self.meaning

    def of(self, samples: Samples) -> Array:
        """The number of each sample.  Shape: (n,), float64.

        Raises DataError, in one line, for what the function raises and for anything but n finite numbers.
        """
        try:
            found = np.asarray(self.function(samples))
        except IdgenError:
            raise
        except Exception as error:
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise DataError(
                f"{self.name} raises {' '.join(what.split())[:300]}; it is called with samples of {', '.join(samples)}"
            ) from error
        if found.shape != (samples.size,):
            raise DataError(
                f"{self.name} gives an array of shape {found.shape} for {samples.size} samples; give one number for "
                f"each, shape ({samples.size},)"
            )
        return self._numbers(found)

    def _numbers(self, found: Array) -> Array:
        if found.dtype == object and all(isinstance(value, Real) for value in found):
            found = found.astype(np.float64)
        if found.dtype.kind not in "biuf":
            raise DataError(f"{self.name} gives values such as {found.flat[0]!r:.60}, which are no numbers")
        numbers = found.astype(np.float64)
        if lost := int((~np.isfinite(numbers)).sum()):
            raise DataError(f"{self.name} is not finite for {lost} of {len(numbers)} samples; give a finite number")
        return numbers

    def times(self, other: Functional, name: str) -> Functional:
        """The product with an indicator, as of an outcome and a group's."""
        columns = (*self.columns, *other.columns) if self.columns and other.columns else ()
        return Functional(
            name,
            lambda samples: self.of(samples) * other.of(samples),
            tuple(dict.fromkeys(columns)),
            SHARE if self.ends == other.ends == SHARE else None,
            factors=(self, other),
        )


def over_labels(labels: Mapping[str, Sequence[Any]]) -> Samples:
    """One sample for each combination of labels, the last variable's running fastest.

    >>> over_labels({"A": ("no", "yes"), "B": (0, 1)})["A"].tolist()
    ['no', 'no', 'yes', 'yes']
    """
    shape = tuple(map(len, labels.values()))
    places = np.indices(shape).reshape(len(shape), -1)
    return Samples({name: _as_array(own)[k] for (name, own), k in zip(labels.items(), places, strict=True)})


def _as_array(labels: Sequence[Any]) -> Array:
    if len({type(label) for label in labels}) == 1 and not isinstance(labels[0], tuple):
        return np.asarray(labels)
    out = np.empty(len(labels), dtype=object)
    out[:] = labels
    return out


@dataclass(frozen=True, eq=False)
class Measure:
    """One number that is wanted: the mean of `functional` over the outcomes of a query, at `do` and `given`.

    `program` is another program for the same data, or None for the sampler's own; `query` one of its queries, or None
    where it answers one. `where`: the rows of the data over which an effect is averaged, None for all.
    """

    functional: Functional
    do: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    query: str | None = None
    program: Program | None = None
    where: Any = None


@dataclass(frozen=True, eq=False)
class Asking:
    """How numbers are wanted.

    level: of the intervals, between 0 and 1.
    method: see `Method`.
    n: draws of what is averaged by drawing; None leaves it to the backend.
    seed: of draws and folds.
    folds: of cross-fitting.
    data: the table of the fit once more, where the sampler does not hold it.
    clusters: a column's name, or an array (rows,), of rows that go together.
    repeats: of a bootstrap.
    choose: "variance" answers by whichever of the program's equals (`program.alternatives`) has the least estimated
        variance, chosen on one half of the rows for the other and the other way round, so that intervals stay honest;
        where all is categories. The program that samples is "compiled".
    store: a folder or URL where what is learned for the numbers is kept, and found by other questions and processes;
        the store of the fit when left out. A backend that learns nothing for them needs none.

    Raises DataError for a value that makes no sense.

    >>> Asking(level=95)
    Traceback (most recent call last):
    ...
    idgen_compiler.errors.DataError: level is 95; give a number between 0 and 1, such as 0.95
    """

    level: float = 0.95
    method: Method = "auto"
    n: int | None = None
    seed: int = 0
    folds: int = 5
    data: Any = None
    clusters: Any = None
    repeats: int = 200
    choose: Choose = "compiled"
    store: Any = None

    def __post_init__(self) -> None:
        checked_level(self.level)
        if self.method not in get_args(Method):
            hint = near_misses(str(self.method), get_args(Method))
            raise DataError(f"no estimate is made by the method {self.method!r:.40}{hint}")
        if self.choose not in get_args(Choose):
            hint = near_misses(str(self.choose), get_args(Choose))
            raise DataError(f"no program is chosen by {self.choose!r:.40}{hint}")
        checked_seed(self.seed)
        for name, least in (("n", 2), ("folds", 2), ("repeats", 20)):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not (name == "n" and value is None) and not (whole and value >= least):
                raise DataError(f"{name} is {value!r:.40}; give a whole number, {least} or more")


def asking_of(how: Mapping[str, Any]) -> Asking:
    """The `Asking` of keyword arguments.

    >>> asking_of({"levels": 0.9})
    Traceback (most recent call last):
    ...
    idgen_compiler.errors.DataError: no estimate is asked for with levels=; did you mean level?
    """
    known = [each.name for each in fields(Asking)]
    for name in how:
        if name not in known:
            raise DataError(f"no estimate is asked for with {name}={near_misses(name, known)}")
    return Asking(**how)


def checked_level(level: object) -> float:
    """The level itself.  Raises DataError for anything but a number between 0 and 1."""
    number = isinstance(level, Real) and not isinstance(level, bool | np.bool_)
    if not number or not math.isfinite(level) or not 0 < level < 1:  # type: ignore[arg-type, operator]
        raise DataError(f"level is {level!r:.40}; give a number between 0 and 1, such as 0.95")
    return float(level)  # type: ignore[arg-type]

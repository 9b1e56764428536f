"""What a backend found for the numbers that it was asked for, and who answers."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds import Kind
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.estimates.measures import Asking, Measure
from idgen_compiler.hinge.backend import schema_of
from idgen_compiler.hinge.probability import Probabilities, labels_of
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = ["Answering", "Answers", "joined"]

_BY_NUMBER = ("values", "corrections", "effective_rows", "largest_share", "unsure", "residual", "riesz")

Function = Callable[[Array], Array]
"""(..., k) -> (..., m)"""


@dataclass(frozen=True, eq=False)
class Answers:
    """What was found for k numbers at once, from a table of so many rows.

    values: shape (k,).
    influence: the influence function of each number at each row, of (weighted) mean zero.  Shape: (rows, k)
    weights: of the rows, None where all count alike.  Shape: (rows,)
    frequency: the weights say how often a row was seen, not how many others it stands for.
    clusters: a code for each row; rows of one cluster go together.  Shape: (rows,)
    corrections: what a one-step correction added to the plug-in.  Shape: (k,)
    effective_rows: Kish's effective number of rows behind each number.  Shape: (k,)
    largest_share: of one row in the weights of each number.  Shape: (k,)
    drawn: covariance of the error of drawing that is left.  Shape: (k, k)
    notes: plain sentences on what was done.
    draws: the numbers of each repeat of a bootstrap.  Shape: (repeats, k)
    freedom: degrees of freedom of the standard errors; infinite for many rows.
    unsure: how far below and above each number the truth may lie whatever the rows say, since part of it rests on
        none.  Shape: (k, 2)
    residual, riesz: standard deviations of Y - g(X, Z) and of the Riesz representer of each number, where it is the
        mean of one outcome regression; see `sensitivity`.  Shape: (k,)

    Raises DataError for shapes that do not fit together and for numbers that are not finite.
    """

    values: Array
    influence: Array
    weights: Array | None
    frequency: bool
    clusters: Array | None
    method: str
    corrections: Array
    effective_rows: Array
    largest_share: Array
    drawn: Array
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    draws: Array | None = None
    freedom: float = math.inf
    unsure: Array | None = None
    residual: Array | None = None
    riesz: Array | None = None

    def __post_init__(self) -> None:
        count, rows = len(self.values), len(self.influence)
        shapes: dict[str, tuple[int, ...]] = {
            **dict.fromkeys(
                ("values", "corrections", "effective_rows", "largest_share", "residual", "riesz"), (count,)
            ),
            **dict.fromkeys(("weights", "clusters"), (rows,)),
            "influence": (rows, count),
            "drawn": (count, count),
            "unsure": (count, 2),
            "draws": (0 if self.draws is None else len(self.draws), count),
        }
        for name, shape in shapes.items():
            held = getattr(self, name)
            if held is not None and np.shape(held) != shape:
                raise DataError(f"a backend's answers have {name} of shape {np.shape(held)}, where {shape} fits")
            finite = np.isfinite if name != "unsure" else lambda ends: ~np.isnan(ends)
            if held is not None and name not in ("clusters", "effective_rows") and not finite(held).all():
                raise DataError(
                    f"the estimate's {name} are not finite; look for outcomes without a value and for values of "
                    "do and given that the data hardly reach"
                )

    @classmethod
    def of(cls, values: Array, influence: Array, method: str, **more: Any) -> Answers:
        """Answers of rows that all count alike, by no correction and without drawing, unless `more` says otherwise.

        >>> y = np.array([0.0, 1.0, 1.0, 1.0])
        >>> Answers.of(np.array([y.mean()]), (y - y.mean())[:, None], "closed form").effective_rows
        array([4.])
        """
        count, rows = len(values), len(influence)
        plain: dict[str, Any] = {
            "weights": None,
            "frequency": False,
            "clusters": None,
            "corrections": np.zeros(count),
            "effective_rows": np.full(count, float(rows)),
            "largest_share": np.full(count, 1 / max(rows, 1)),
            "drawn": np.zeros((count, count)),
        }
        return cls(values=values, influence=influence, method=method, **{**plain, **more})

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self.values)

    def mapped(self, function: Function, slopes: Array, *, apart: bool = False) -> Answers:
        """The answers for functions of these numbers, by the delta method (van der Vaart 1998, chapter 3).

        slopes: the derivatives of `function` at the values.  Shape: (m, k)
        apart: the numbers rest on disjoint rows, as those of different values of a treatment do, so that what
            `sensitivity` needs of a difference follows from both.
        """
        used = slopes != 0
        effective = np.array([min(self.effective_rows[row], default=np.inf) for row in used])
        largest = np.array([max(self.largest_share[row], default=0.0) for row in used])
        residual = riesz = None
        if apart and self.residual is not None and self.riesz is not None:
            residual = np.array([max(self.residual[row], default=0.0) for row in used])
            riesz = np.sqrt(slopes**2 @ self.riesz**2)
        draws = None if self.draws is None else function(self.draws)
        if draws is not None and not np.isfinite(draws).all():
            lost = int((~np.isfinite(draws).all(axis=1)).sum())
            raise DataError(
                f"{lost} of {len(draws)} repeats of the bootstrap give no such number: a denominator is zero there; "
                "ask for the difference, for wider groups, or by method='auto'"
            )
        return replace(
            self,
            values=function(self.values),
            influence=self.influence @ slopes.T,
            corrections=slopes @ self.corrections,
            effective_rows=effective,
            largest_share=largest,
            drawn=slopes @ self.drawn @ slopes.T,
            draws=draws,
            unsure=None if self.unsure is None else _swung(slopes, self.unsure),
            residual=residual,
            riesz=riesz,
        )

    def at(self, places: Sequence[int]) -> Answers:
        """The answers for some of the numbers."""
        chosen = np.asarray(places, dtype=np.intp)
        found: dict[str, Any] = {}
        for each in fields(self):
            held = getattr(self, each.name)
            if each.name == "drawn":
                found["drawn"] = held[np.ix_(chosen, chosen)]
            elif each.name in ("influence", "draws") and held is not None:
                found[each.name] = held[:, chosen]
            elif each.name in _BY_NUMBER:
                found[each.name] = None if held is None else held[chosen]
        return replace(self, **found)


def joined(one: Answers, other: Answers) -> Answers:
    """The answers of two calls over the same rows, whose errors of drawing are independent.

    Raises DataError where the rows differ.
    """
    if len(one.influence) != len(other.influence) or (one.draws is None) != (other.draws is None):
        raise DataError("two calls over one table give answers for different rows; give both the same data")
    both: dict[str, Any] = {
        name: np.concatenate([getattr(one, name), getattr(other, name)])
        for name in ("values", "corrections", "effective_rows", "largest_share")
    }
    drawn = np.zeros((one.size + other.size,) * 2)
    drawn[: one.size, : one.size], drawn[one.size :, one.size :] = one.drawn, other.drawn
    draws = None
    if one.draws is not None and other.draws is not None:
        repeats = min(len(one.draws), len(other.draws))
        draws = np.hstack([one.draws[:repeats], other.draws[:repeats]])
    return replace(
        one,
        **both,
        influence=np.hstack([one.influence, other.influence]),
        drawn=drawn,
        draws=draws,
        freedom=min(one.freedom, other.freedom),
        unsure=_both(one, other),
        warnings=tuple(dict.fromkeys((*one.warnings, *other.warnings))),
        notes=tuple(dict.fromkeys((*one.notes, *other.notes))),
        residual=None,
        riesz=None,
    )


def _swung(slopes: Array, unsure: Array) -> Array:
    """How far functions with these slopes swing: down where what they grow with may be lower.  Shape: (m, 2)."""
    up, down = np.maximum(slopes, 0), np.maximum(-slopes, 0)
    low, high = unsure.T
    return np.column_stack([_times(up, low) + _times(down, high), _times(up, high) + _times(down, low)])


def _times(slopes: Array, unsure: Array) -> Array:
    """The sums of products, of which no slope is no reach, however far that is.  Shape: (m, k), (k,) -> (m,)."""
    return np.asarray(np.multiply(slopes, unsure, out=np.zeros_like(slopes), where=slopes > 0).sum(1))


def _both(one: Answers, other: Answers) -> Array | None:
    if one.unsure is None and other.unsure is None:
        return None
    return np.concatenate([np.zeros((each.size, 2)) if each.unsure is None else each.unsure for each in (one, other)])


class Answering(ABC):
    """A fitted program that can be asked for numbers: what a backend's sampler has to have."""

    if TYPE_CHECKING:  # an attribute or a property, as the backend likes

        @property
        def program(self) -> Program:
            """The program that was fitted."""

    @abstractmethod
    def sample(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """Draw n samples, as every sampler does (see `hinge.backend.Sampler`)."""

    def tried(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
    ) -> Samples:
        """A few samples, by which a question is tried before it is answered; of what law does not matter."""
        return self.sample(n, do=do, given=given, seed=0, query=query)

    @abstractmethod
    def probability(
        self,
        outcome: str | Sequence[str],
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        n: int = 10_000,
        seed: int | None = None,
    ) -> Probabilities:
        """The law of discrete outcomes, as every sampler gives it; its labels are what is asked of it here."""

    @abstractmethod
    def read_value(self, name: str, text: str) -> Any:
        """The value of a variable that a person typed.  Raises DataError for a text that is none."""

    def kind_of(self, name: str) -> Kind | None:
        """The kind of a variable of the data, found as its labels are; None where the sampler does not say."""
        schema = schema_of(self)
        return None if schema is None else schema.types.get(name)

    def labels_of(self, name: str) -> tuple[Any, ...]:
        """The labels of a discrete variable of the data, in order.  Raises DataError for any other.

        Found in the `schema` that samplers of tables have; a sampler without one says them itself.
        """
        schema = schema_of(self)
        if schema is None:
            raise DataError(f"the sampler does not say which labels {name} has")
        if name not in schema.types:
            raise DataError(f"{name} is no variable of the data of this sampler{near_misses(name, schema.types)}")
        return labels_of(schema, (name,))[0]

    @abstractmethod
    def _answers(self, measures: Sequence[Measure], asking: Asking) -> Answers:
        """What was found for some numbers, at least one, from one table and in one order of its rows.

        Raises DataError for a question that the sampler cannot answer.
        """

"""Where a draw of an outcome lies: an interval of numbers, or a set of labels, with the chance that it holds it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError
from idgen_compiler.estimates.measures import Asking
from idgen_compiler.estimates.shown import number
from idgen_compiler.query import Query

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Predicting", "PredictionInterval"]

SHOWN = 8
"""So many intervals are printed."""


@dataclass(frozen=True, eq=False, repr=False)
class PredictionInterval:
    """Intervals, or sets of labels, that hold a new draw of an outcome in a share `level` of all cases.

    `low` and `high` are numbers in the outcome's unit, or arrays (n,) where conditions were given as arrays; infinite
    where the rows do not suffice. A discrete outcome has none, but `labels`: a tuple of labels, or n of them.
    `effective_rows` is Kish's number of the rows that it was calibrated by. `conditions` are the given values.

    >>> found = PredictionInterval("Y | do(X=1)", 0.9, 412.6, "weighted conformal", low=-0.5, high=2.25)
    >>> found
    Y | do(X=1) in [-0.5, 2.25] (90 %, weighted conformal, 413 effective rows)
    >>> found.holds([0.0, 3.0])
    array([ True, False])
    """

    what: str
    level: float
    effective_rows: float
    method: str
    low: Any = None
    high: Any = None
    labels: tuple[Any, ...] | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None  #: how many intervals there are, None for one that is no array
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def holds(self, values: Any) -> Array:
        """Which values lie inside.  Shape: (m,) -> (m,), bool; m is n where there are n intervals.

        Raises DataError for another number of values.
        """
        asked = np.asarray(values)
        if self.rows is not None and asked.shape != (self.rows,):
            raise DataError(f"there are {self.rows} intervals; give one value for each, not shape {asked.shape}")
        if self.labels is None:
            return np.asarray((asked >= self.low) & (asked <= self.high))
        if self.rows is None:
            return np.array([value in self.labels for value in asked.tolist()], dtype=bool)
        return np.array([v in own for v, own in zip(asked.tolist(), self.labels, strict=True)], dtype=bool)

    @property
    def width(self) -> Any:
        """How wide each interval is, or how many labels each set has."""
        if self.labels is None:
            return self.high - self.low
        return len(self.labels) if self.rows is None else np.array([len(own) for own in self.labels])

    def to_pandas(self) -> pd.DataFrame:
        """A row for each interval: the given values, then low and high or labels, level, effective_rows."""
        import pandas as pd

        count = 1 if self.rows is None else self.rows
        columns: dict[str, Any] = {}
        for name, values in self.conditions.items():
            many = isinstance(values, list | tuple | np.ndarray) and len(values) == count and self.rows is not None
            columns[name] = list(values) if many else [values] * count
        if self.labels is None:
            columns |= {"low": np.broadcast_to(self.low, (count,)), "high": np.broadcast_to(self.high, (count,))}
        else:
            columns["labels"] = [self.labels] if self.rows is None else list(self.labels)
        return pd.DataFrame({**columns, "level": self.level, "effective_rows": self.effective_rows})

    def to_json(self, indent: int | None = 2) -> str:
        """Every field as JSON; what is not finite is null."""
        names = ("what", "level", "effective_rows", "method", "low", "high", "labels", "warnings", "notes")
        return json.dumps({name: _plain(getattr(self, name)) for name in names}, indent=indent, ensure_ascii=False)

    def __repr__(self) -> str:
        told = f"{100 * self.level:g} %, {self.method}, {self.effective_rows:.0f} effective rows"
        shown = [text for text, _ in zip(self._each(), range(SHOWN), strict=False)]
        if self.rows is None:
            lines = [f"{self.what} in {shown[0]} ({told})"]
        else:
            more = [f"  and {self.rows - SHOWN} more"] if self.rows > SHOWN else []
            lines = [f"{self.what}: {self.rows} intervals ({told})", *(f"  {text}" for text in shown), *more]
        return "\n".join([*lines, *(f"  warning: {warning}" for warning in self.warnings)])

    def _repr_html_(self) -> str:
        head = f"<caption>{escape(self.what)}: {100 * self.level:g}&nbsp;%, {escape(self.method)}</caption>"
        cells = [escape(text) for text, _ in zip(self._each(), range(SHOWN), strict=False)]
        told = "".join(f"<li><b>warning:</b> {escape(text)}</li>" for text in self.warnings)
        told += "".join(f"<li>{escape(text)}</li>" for text in self.notes)
        body = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
        return f"<table>{head}{body}</table>" + (f"<ul>{told}</ul>" if told else "")

    def _each(self) -> Iterator[str]:
        """Every interval as a text."""
        if self.labels is None:
            for low, high in zip(np.atleast_1d(self.low), np.atleast_1d(self.high), strict=True):
                yield f"[{number(float(low))}, {number(float(high))}]"
            return
        for own in (self.labels,) if self.rows is None else self.labels:
            yield "{" + ", ".join(map(str, own)) + "}"


class Predicting(ABC):
    """A sampler that says where draws lie: a backend's sampler inherits from it and finds the intervals."""

    def predict_interval(
        self,
        outcome: str,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        level: float = 0.9,
        query: Query | str | None = None,
        seed: int = 0,
        folds: int = 5,
        data: Any = None,
        store: Any = None,
    ) -> PredictionInterval:
        """The interval that holds a draw of an outcome in a share `level` of all cases, or the set of labels that does.

        Real rows are weighed so that they have the asked law, and quantiles of their outcomes are taken, with room for
        a new row (weighted conformal prediction). At conditions, arrays of n values give n intervals: quantile
        regressions on one half of the rows are widened or narrowed by what the other half shows; then `level` holds on
        average over the conditions as the data have them. Intervals of numbers are equal-tailed.
        `do` has one value, or a policy, for each treatment; `folds` are those of cross-fitted weights; `data` is the
        fit's table, which a loaded sampler reads again; `store` keeps the weights, as in `Asking`.
        Source: Tibshirani et al. (2019), Lei and Candes (2021), Romano, Patterson and Candes (2019).

        Raises DataError for an unknown outcome, for one that is neither a number nor discrete, for a level outside 0 to
        1, where no rows are like those asked about, and whatever `sample` raises.
        """
        return self._predicted(outcome, do, given, query, Asking(level, seed=seed, folds=folds, data=data, store=store))

    @abstractmethod
    def _predicted(
        self,
        outcome: str,
        do: Mapping[str, Any] | None,
        given: Mapping[str, Any] | None,
        query: Query | str | None,
        asking: Asking,
    ) -> PredictionInterval:
        """The intervals, from the table that the sampler was fitted to."""


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)

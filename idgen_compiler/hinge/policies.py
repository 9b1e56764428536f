"""Policies as users hand them over: what a treatment is drawn by, in the place of a value.

`Uniform` and `Fixed` are those of programs; `Law` is a table or function of one's own, `Shift` moves the value that
each unit would have had.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from numbers import Real
from typing import Any, cast

import numpy as np

from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.spelling import composed
from idgen_compiler.ir.policies import Fixed, Uniform

__all__ = ["PROBABILITY", "Cells", "Law", "Policy", "Rule", "Shift", "is_policy"]

PROBABILITY = "probability"
"""The column of a law's table that holds the probabilities."""

ROUNDING = 1e-9
"""By so much floats may miss a sum of one."""

SHOWN = 4
"""How many cells an error names."""

Rule = Callable[[dict[str, np.ndarray], int, np.random.Generator], Any]
"""f(inputs, n, generator) -> n values: arrays by variable in the user's units and labels, and what to draw with."""

Cells = Mapping[tuple[Any, ...], Mapping[Any, Any]]
"""Values of what is read -> label of the treatment -> probability."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Each unit's own value of a number, the one that it would have had, moved by `by` in its unit.

    A modified treatment policy (Diaz and van der Laan 2012; Haneuse and Rotnitzky 2013): it needs the law of the
    outcome together with the natural value, so that it is compiled, as P(Y | do(X = X + 1)).

    >>> Shift(1.5)
    Shift(by=1.5)
    """

    by: float

    def __post_init__(self) -> None:
        if isinstance(self.by, bool) or not isinstance(self.by, Real) or not math.isfinite(self.by):
            raise DataError(f"a shift is by a finite number, not {self.by!r:.80}")


class Law:
    """A law of a treatment: a table or a function, of nothing or of what it reads.

    law: without `given` a mapping from labels to probabilities. With `given` (one name or several) a mapping from the
        values of what is read to such mappings; the keys are tuples where several are read. Or a table by columns (a
        data frame, a dict of columns) with those that are read, the treatment and `probability`, in this order. Or a
        function f(inputs, n, generator) that gives n values, `inputs` an array for each variable read.
    given: what the law reads. The treatment's own name is its natural value.

    Raises DataError for probabilities that are negative, no numbers, or do not sum to one in a cell (exactly for
    Fractions, within 1e-9 for floats), and for a cell or label that is there twice.

    >>> Law({"low": 0.3, "high": 0.7})
    Law(2 labels)
    >>> Law({"f": {0: 1.0}, "m": {0: 0.5, 1: 0.5}}, given="sex").given
    ('sex',)
    >>> Law({"sex": ["f", "m", "m"], "dose": [0, 0, 1], "probability": [1, 0.5, 0.5]})
    Law(2 labels of dose given sex)
    >>> Law(lambda inputs, n, generator: inputs["age"] > 60, given="age")
    Law(a function of age)
    """

    def __init__(self, law: Mapping[Any, Any] | Rule | Any, given: Iterable[str] | str | None = None) -> None:
        self.treatment = ""  #: where the table says it
        self.function: Rule | None = None
        self.cells: Cells = {}
        names = None if given is None else tuple(map(composed, [given] if isinstance(given, str) else given))
        if hasattr(law, "columns") or (isinstance(law, Mapping) and PROBABILITY in law):
            self.given, self.treatment, self.cells = _of_columns(law, names)
        elif isinstance(law, Mapping):
            self.given = names or ()
            keyed = {(): law} if not self.given else {k if isinstance(k, tuple) else (k,): v for k, v in law.items()}
            if any(not isinstance(v, Mapping) for v in keyed.values()):
                raise DataError(
                    f"a law given {', '.join(self.given)} has a mapping from labels to probabilities a cell"
                )
            self.cells = {cell: dict(inner) for cell, inner in keyed.items()}
        elif callable(law):
            self.given, self.function = names or (), cast(Rule, law)
        else:
            raise DataError(f"a law is a table or a function, not {law!r:.80}; see idgen.Law")
        if len(set(self.given)) < len(self.given):
            raise DataError(f"a law reads a variable twice: {', '.join(self.given)}")
        if self.function is None:
            _check_cells(self.given, self.cells)

    @property
    def labels(self) -> tuple[Any, ...]:
        """The labels of the treatment that any cell names; none of a function."""
        return tuple(dict.fromkeys(label for law in self.cells.values() for label in law))

    def check(self, treatment: str, labels: Mapping[str, Sequence[Any]]) -> None:
        """Raise DataError for a table of another treatment, for unknown labels and for cells that are missing.

        `labels` are those of the categories among what is read and the treatment; a variable without is a number.
        """
        if self.treatment not in ("", treatment):
            raise DataError(f"the table is a law of {self.treatment}, not of {treatment}: name its columns so")
        if self.function is not None:
            return
        for name, values in ((treatment, self.labels), *zip(self.given, zip(*self.cells, strict=True), strict=False)):
            if name in labels and (unknown := [v for v in dict.fromkeys(values) if v not in labels[name]]):
                raise DataError(
                    f"the law of {treatment} names {name} = {unknown[0]!r}, which the data never show; the labels of "
                    f"{name} are {', '.join(map(repr, labels[name][:20]))}"
                )
        if self.given and all(name in labels for name in self.given):
            missing = [cell for cell in product(*(labels[name] for name in self.given)) if cell not in self.cells]
            if missing:
                raise DataError(self._lacks(treatment, missing))

    def draw(self, treatment: str, inputs: Mapping[str, Any], n: int, generator: np.random.Generator) -> Any:
        """n values of the treatment, given arrays (n,) of what the law reads.

        Raises DataError for a cell that the table lacks, for a function that gives another number of values, and for
        what it raises.
        """
        if self.function is not None:
            try:
                drawn = self.function({name: inputs[name] for name in self.given}, n, generator)
            except Exception as error:
                told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                raise DataError(
                    f"the function that draws {treatment} raises {' '.join(told.split())[:300]}; it is called with "
                    f"{{{', '.join(self.given)}}}, n={n} and a generator of NumPy"
                ) from error
            found = np.asarray(drawn)
            if found.ndim == 0 or len(found) != n:
                raise DataError(
                    f"the function that draws {treatment} gives {'one value' if not found.ndim else len(found)} for "
                    f"{n} samples; give an array with one for each"
                )
            return drawn
        place = {cell: k for k, cell in enumerate(self.cells)}
        rows = list(zip(*(_plain(inputs[name]) for name in self.given), strict=True)) if self.given else [()] * n
        try:
            codes = np.array([place[row] for row in rows], dtype=np.intp)
        except (KeyError, TypeError):
            raise DataError(self._lacks(treatment, [row for row in rows if row not in place])) from None
        labels = self.labels
        table = np.array([[float(law.get(label, 0)) for label in labels] for law in self.cells.values()])
        chosen = (table.cumsum(axis=1)[codes] <= generator.random(n)[:, None]).sum(axis=1)
        last = len(labels) - 1 - np.argmax(table[:, ::-1] > 0, axis=1)  # rounding may miss the end of a row
        values = np.empty(len(labels), dtype=object)
        values[:] = labels
        return values[np.minimum(chosen, last[codes])].tolist()

    def __repr__(self) -> str:
        given = ", ".join(self.given)
        if self.function is not None:
            return f"Law(a function of {given or 'nothing'})"
        return (
            f"Law({len(self.labels)} labels{f' of {self.treatment}' if self.treatment else ''}"
            f"{f' given {given}' if given else ''})"
        )

    def _lacks(self, treatment: str, missing: Sequence[tuple[Any, ...]]) -> str:
        cells = list(dict.fromkeys(missing))
        shown = "; ".join(
            ", ".join(f"{name} = {value!r}" for name, value in zip(self.given, cell, strict=True))
            for cell in cells[:SHOWN]
        )
        more = f" and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
        return f"the law of {treatment} has no cell for {shown}{more}; give a law for each value that is read"


Policy = Uniform | Fixed | Shift | Law
"""What a treatment may be drawn by."""


def is_policy(value: object) -> bool:
    """Whether a value of `do` is a policy."""
    return isinstance(value, Policy)


def _of_columns(table: Any, given: tuple[str, ...] | None) -> tuple[tuple[str, ...], str, Cells]:
    """What is read, the treatment and the cells of a table by columns."""
    names = [str(name) for name in (table.columns if hasattr(table, "columns") else table)]
    if len(set(names)) < len(names):
        raise DataError(f"the table of a law has a column twice: {', '.join(names)}")
    if PROBABILITY not in names or len(names) < 2:
        raise DataError(
            f"the table of a law has the columns {', '.join(names)}; give those that are read, the treatment's and "
            f"{PROBABILITY!r}{near_misses(PROBABILITY, names)}"
        )
    columns = {composed(name): _plain(table[name]) for name in names}
    if len({len(values) for values in columns.values()}) > 1:
        raise DataError("the columns of a law's table differ in length")
    *read, treatment = (name for name in columns if name != PROBABILITY)
    if given is not None and set(given) != set(read):
        others = [name for name in columns if name not in (*given, PROBABILITY)]
        if len(others) != 1 or not set(given) <= set(columns):
            raise DataError(
                f"the table of a law has the columns {', '.join(names)}; given {', '.join(given)}, it has one more for "
                f"the treatment, and {PROBABILITY!r}"
            )
        read, treatment = list(given), others[0]
    cells: dict[tuple[Any, ...], dict[Any, Any]] = {}
    rows = zip(*(columns[name] for name in (*read, treatment, PROBABILITY)), strict=True)
    for *cell, label, probability in rows:
        law = cells.setdefault(tuple(cell), {})
        if label in law:
            at = ", ".join(f"{n} = {v!r}" for n, v in zip((*read, treatment), (*cell, label), strict=True))
            raise DataError(f"the table of a law has two rows for {at}; keep one")
        law[label] = probability
    return tuple(read), treatment, cells


def _check_cells(given: tuple[str, ...], cells: Cells) -> None:
    if not cells:
        raise DataError("the table of a law has no rows")
    for cell, law in cells.items():
        if len(cell) != len(given):
            raise DataError(f"a law given {', '.join(given)} has the cell {cell!r:.80}; give a value for each")
        at = " at " + ", ".join(f"{n} = {v!r}" for n, v in zip(given, cell, strict=True)) if given else ""
        for label, value in (*((name, v) for name, v in zip(given, cell, strict=True)), *((label, 0) for label in law)):
            if value is None or label is None or value != value or label != label:
                raise DataError(f"the table of a law holds a missing value{at}")
        for label, value in law.items():
            if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
                raise DataError(f"the law{at} gives {label!r} the probability {value!r:.40}, which is no number")
            if not 0 <= float(value) <= 1 + ROUNDING:
                raise DataError(f"the law{at} gives {label!r} the probability {value}; probabilities lie in 0 to 1")
        total = sum(law.values())
        exact = all(isinstance(value, int | Fraction) for value in law.values())
        if total != 1 if exact else abs(float(total) - 1) > ROUNDING:
            raise DataError(f"the law's probabilities sum to {total}, not 1{at}")


def _plain(values: Any) -> list[Any]:
    """A column's values as Python's own."""
    return list(values.tolist() if hasattr(values, "tolist") else values)

"""The law of discrete outcomes as a table of probabilities, and the words in which every backend asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.spelling import composed
from idgen_compiler.graph.names import variable_of
from idgen_compiler.hinge.question import Question

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_CELLS", "Probabilities", "asked_outcomes", "labels_of", "rows_asked"]

MOST_CELLS = 2**16
"""A law has at most so many cells."""

_SHOWN = 12


class Probabilities(Mapping[Any, Any]):
    """The probability of each label of an outcome, or of each tuple of labels of several.

    `table` has an axis for each of `variables`, in the order of `labels`; where `do` or `given` held a value for each
    of several rows, a first axis for these. `se` are standard errors of the same shape, of drawing alone: the models
    are taken as they are. `method` is "exact" where nothing was drawn (se is 0), "averaged" where the last model's
    probabilities were averaged over `draws` draws of what it is given, and "counted" where samples were counted.

    >>> law = Probabilities(("Y",), (("low", "high"),), np.array([0.25, 0.75]), np.zeros(2), "exact", 0)
    >>> law["high"], max(law, key=law.get), dict(law)
    (0.75, 'high', {'low': 0.25, 'high': 0.75})
    >>> law
    Probabilities(Y: low 0.25, high 0.75; exact)
    """

    def __init__(
        self,
        variables: Sequence[str],
        labels: Sequence[Sequence[Any]],
        table: Array,
        se: Array,
        method: str,
        draws: int,
    ) -> None:
        self.variables = tuple(variables)
        self.labels = tuple(map(tuple, labels))
        self.table = table
        self.se = se
        self.method = method
        self.draws = draws
        self._places = {self._key(cell): place for place, cell in self._cells()}

    def _cells(self) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
        places = product(*(range(len(labels)) for labels in self.labels))
        return zip(places, product(*self.labels), strict=True)

    def _key(self, cell: tuple[Any, ...]) -> Any:
        return cell[0] if len(self.variables) == 1 else cell

    @property
    def rows(self) -> int | None:
        """How many laws there are, one a row; None for a single one."""
        return len(self.table) if self.table.ndim > len(self.variables) else None

    def __getitem__(self, label: Any) -> Any:
        """The probability of a label; an array (rows,) where there are several laws."""
        return _entry(self.table, self._place(label))

    def error_of(self, label: Any) -> Any:
        """The standard error of the probability of a label, likewise."""
        return _entry(self.se, self._place(label))

    def _place(self, label: Any) -> tuple[int, ...]:
        try:
            return self._places[label]
        except (KeyError, TypeError):
            known = {str(key): key for key in self._places}
            what = ", ".join(self.variables)
            raise KeyError(f"{what} has no label {label!r:.80}{near_misses(str(label), known)}") from None

    def __iter__(self) -> Iterator[Any]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def to_pandas(self) -> pd.DataFrame:
        """One line a cell: the labels, `probability` and `se`; and `row`, from 0, where there are several laws."""
        import pandas as pd

        return pd.DataFrame(self.columns())

    def columns(self) -> dict[str, Array]:
        """The columns of `to_pandas`, as arrays."""
        several, cells = self.rows, [cell for _, cell in self._cells()]
        count = 1 if several is None else several
        found: dict[str, Array] = {} if several is None else {"row": np.repeat(np.arange(count), len(cells))}
        for k, name in enumerate(self.variables):
            column = np.empty(len(cells), dtype=object)
            column[:] = [cell[k] for cell in cells]
            alike = len({type(label) for label in self.labels[k]}) == 1 and not isinstance(column[0], tuple)
            found[name] = np.tile(np.asarray(column.tolist()) if alike else column, count)
        found["probability"], found["se"] = self.table.reshape(-1), self.se.reshape(-1)
        return found

    def __repr__(self) -> str:
        how = self.method if self.method == "exact" else f"{self.method} over {self.draws:,} draws"
        what = ", ".join(self.variables)
        if self.rows is not None:
            return f"Probabilities({self.rows} laws of {what}, {len(self)} cells each; {how})"
        told = [f"{key} {float(self[key]):.4g}" for key in list(self)[:_SHOWN]]
        rest = f", ... {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        return f"Probabilities({what}: {', '.join(told)}{rest}; {how})"


def _entry(table: Array, place: tuple[int, ...]) -> Any:
    found: Any = table[(slice(None),) * (table.ndim - len(place)) + place]
    return found.item() if isinstance(found, np.generic) else found


def asked_outcomes(asked: str | Sequence[str], question: Question) -> tuple[str, ...]:
    """The outcomes whose law is asked for.

    Raises DataError for what is no outcome of the query, or comes twice, and where a policy draws a treatment.
    """
    names = (asked,) if isinstance(asked, str) else tuple(asked) if isinstance(asked, list | tuple) else (asked,)
    known = question.sampler.network.outputs
    by_policy = [*question.drawn, *(variable_of(each.slot) for each in question.assigned)]
    if by_policy:
        raise DataError(
            f"the law under a policy of {by_policy[0]} is not summed; draw with sample(n, ...) and take the shares"
        )
    if not names:
        raise DataError(f"no outcome is named; ask for one of {', '.join(known)}")
    found = []
    for name in names:
        plain = composed(name) if isinstance(name, str) else name
        if plain not in known:
            hint = near_misses(str(name), known)
            raise DataError(f"{name!r:.80} is no outcome of {question.query}{hint}")
        found.append(plain)
    if twice := [name for name in found if found.count(name) > 1]:
        raise DataError(f"the outcome {twice[0]} is named twice; name it once")
    return tuple(found)


def labels_of(schema: Schema, names: Sequence[str]) -> tuple[tuple[Any, ...], ...]:
    """The labels of each outcome, of a composite tuples of its fields' labels.

    Raises DataError for an outcome that is not discrete, and for more than `MOST_CELLS` cells.
    """
    sizes: dict[str, tuple[int, ...]] = {}
    for name in names:
        for part in schema.parts(name):
            if part.size is None:
                raise DataError(
                    f"{part.name} is {part.form}, not discrete, and has no table of probabilities; draw it with "
                    f"sample() and take the share of an event, or fit it as types={{{part.name!r}: 'categorical'}}"
                )
        sizes[name] = tuple(part.size or 0 for part in schema.parts(name))
    cells = prod(prod(own) for own in sizes.values())
    if cells > MOST_CELLS:
        raise DataError(
            f"the law of {', '.join(names)} has {cells:,} cells, more than {MOST_CELLS:,}; ask for fewer outcomes"
        )
    found = []
    for name, own in sizes.items():
        codes = np.indices(own).reshape(len(own), -1)
        column = schema[name].empty(prod(own))
        schema[name].decode([code.astype(np.int64) for code in codes], column)
        found.append(tuple(column.tolist()))
    return tuple(found)


def rows_asked(
    question: Question, check: Callable[[Setting, Any], object]
) -> tuple[int | None, dict[str, tuple[Setting, Any]]]:
    """For how many rows of values a law is asked, None for one law; and the settings with that number.

    A value that `check` takes for one sample is one value, also a list or array that holds one.

    Raises DataError, as `check` does, for values that are neither one nor one for each row.
    """
    plain = {name: (replace(setting, n=1), value) for name, (setting, value) in question.settings.items()}
    for setting, value in plain.values():
        try:
            check(setting, value)
        except DataError:
            count = _length(value)
            if count is None:
                raise
            rows = {name: (replace(one, n=count), held) for name, (one, held) in plain.items()}
            for one, held in rows.values():
                check(one, held)
            return count, rows
    return None, plain


def _length(value: Any) -> int | None:
    """How many rows a value has that is not one: two or more, or None."""
    if isinstance(value, Mapping):
        counts = {_length(item) for item in value.values()} - {None}
        return counts.pop() if len(counts) == 1 else None
    if isinstance(value, str | bytes) or not hasattr(value, "__len__"):
        return None
    try:
        return len(value) if len(value) > 1 else None
    except TypeError:  # an array without axes
        return None

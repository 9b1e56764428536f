"""Categories: strings, booleans, and few different numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.column import FEW_VALUES, MISSING, Column
from idgen_compiler.data.kinds.kind import Atom, check_dtype
from idgen_compiler.data.kinds.labels import check_label, label_codes, read_label
from idgen_compiler.data.kinds.numbers.absurd import warn_marks
from idgen_compiler.data.kinds.numbers.codes import ROWS_PER_VALUE, SOME_VALUES
from idgen_compiler.data.kinds.numbers.scale import Scale, center_and_width
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.spread import Choices
from idgen_compiler.data.kinds.wording import meant_as, remedy, warn_wording
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.forms.shown import cut, listed
from idgen_compiler.warning import warn_data

__all__ = ["Categorical", "Label", "few_labels"]

Label = str | bool | int | float

MOST_SHOWN = 6

FEW_LEVELS, ROWS_PER_LEVEL, FEW_ROWS = 20, 5, 100
"""More categories than this, with fewer rows for each, are told, unless there are few rows in all."""


@register
@dataclass(frozen=True, slots=True)
class Categorical(Atom):
    """One of finitely many labels.

    A column is taken to be one where it holds strings or booleans, or pandas calls it categorical; where it holds up
    to 10 different whole numbers, or up to 32 with ten rows for each on average; or up to ten different floats that
    are all whole, which somebody stored as floats. The labels are those that occur.

    `dtype` is the NumPy dtype in which labels are handed back; found from the data when it is empty. Labels that are
    numbers have an order that models see beside the label itself, and so have others where `ordered` says so, as pandas
    does of its ordered categories.

    >>> Categorical(("low", "high")).read("X", "high")
    'high'
    """

    word: ClassVar[str] = "categorical"
    rank: ClassVar[int] = 30
    of_labels: ClassVar[bool] = True

    labels: tuple[Label, ...]
    dtype: str = ""
    ordered: bool = False

    def __post_init__(self) -> None:
        if not self.labels:
            raise DataError("a categorical variable needs at least one label")
        for label in self.labels:
            if not isinstance(label, Label):
                raise DataError(
                    f"{cut(label)} cannot be a label; labels are strings, whole numbers, floats or booleans"
                )
            check_label(label)
        if len(set(self.labels)) < len(self.labels):
            raise DataError(f"a label is listed twice among {listed(self.labels)}")
        if self.dtype:
            check_dtype(self.dtype, "biufO")
            _check_labels(self.labels, self.dtype)

    # -- columns --------------------------------------------------------------------------------------------------

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        return cls.of(column) if _looks_categorical(column) else None

    @classmethod
    def of(cls, column: Column) -> Self:
        _refuse_vectors(column)
        _refuse_two_meanings(column)
        occurring = list(column.distinct)
        if column.categories is None:
            labels = sorted(occurring)
        else:
            seen = set(occurring)
            labels = [label for label in column.categories if label in seen]  # the user's order, as far as it occurs
        return cls(tuple(map(_native, labels)), _label_dtype(column.held), column.ordered)

    def confirm(self, column: Column) -> Self:
        _refuse_vectors(column)
        _refuse_two_meanings(column)
        labels = self.labels
        if column.lacks is not None and MISSING not in labels:
            labels = (*labels, MISSING)
        known = set(labels)
        unseen = [_native(value) for value in column.distinct if value not in known]
        if unseen:
            raise DataError(
                f"column {column.name} holds {listed(unseen)}, which is not among the labels {listed(self.labels)}; "
                "list every label that occurs"
            )
        dtype = self.dtype if column.lacks is None else ""
        return type(self)(labels, dtype or _label_dtype(column.held), self.ordered)

    def numbers(self, column: Column) -> Array:
        """The codes.  Shape: (rows,) int64."""
        codes, found = column.coded
        code_of = self._codes()
        table = np.array([code_of[label] for label in found], dtype=np.int64)
        return np.asarray(table[codes])

    def __repr__(self) -> str:
        order = ", ordered=True" if self.ordered else ""
        return f"Categorical(labels={self.labels!r}, dtype={self.dtype!r}{order})"

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        return self.numbers(column)

    def look(self, column: Column) -> None:
        rows, size = len(column), len(self.labels)
        warn_wording(column.name, [label for label in self.labels if label != MISSING], self.ordered)
        if not self.ordered:
            warn_marks(column.name, self.labels, partial(self.numbers, column))
        if size > FEW_LEVELS and FEW_ROWS <= rows < ROWS_PER_LEVEL * size:
            warn_data(
                f"column {column.name} has {size} categories in {rows} rows, {rows / size:.1f} for each: what goes "
                "with one of them can hardly be learned, and no adjustment for it is to be trusted; join them"
            )

    # -- values ---------------------------------------------------------------------------------------------------

    def read(self, name: str, text: str) -> Label:
        """The label that prints as this text, or is the number that it says."""
        return read_label(name, self.labels, text)

    def check_one(self, setting: Setting, value: Any) -> Array:
        return label_codes(setting, value, self.labels)

    def decode_one(self, part: Array, out: Array) -> None:
        labels = _label_array(self.labels, self.dtype)
        if out.flags.c_contiguous:
            np.take(labels, part, out=out, mode="clip")  # with mode="raise" NumPy would copy through a buffer
        else:
            out[...] = labels[part]

    def wanted(self, n: int) -> str:
        rest = ", ..." if len(self.labels) > MOST_SHOWN else ""
        return f"{n} of the labels {', '.join(map(repr, self.labels[:MOST_SHOWN]))}{rest}"

    def mended(self, values: Array) -> str:
        if values.ndim > 1:
            return "return one label for each row, in one axis"
        known = self._codes()
        strays = [value for value in dict.fromkeys(values.tolist()) if value not in known]
        codes = set(range(len(self.labels)))
        if strays and all(not isinstance(value, bool) and value in codes for value in strays):
            return "these are codes; return the labels themselves"
        return (
            f"{strays[0]!r:.40} is no label; return those, or say with types= what labels there are" if strays else ""
        )

    def moved(self, name: str, values: Array, by: float) -> Array:
        for label in self.labels:
            if isinstance(label, bool | str):
                raise DataError(f"{name} has the label {cut(label)}, which is no number that could be moved by {by}")
        code_of = self._codes()
        return np.array([code_of.get(float(label) + by, -1) for label in self.labels], dtype=np.int64)[values]

    def describe(self, value: Any) -> str:
        return cut(self.labels[int(value)])

    # -- what others need to know -----------------------------------------------------------------------------------

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(self.dtype or object)

    def part(self, name: str) -> Part:
        return Part(name, size=len(self.labels), levels=self._levels())

    def _levels(self) -> tuple[float, ...]:
        """The places of the labels on a scale, as models see them; none where they have no order, or are but two."""
        numeric = all(isinstance(label, int | float) and not isinstance(label, bool) for label in self.labels)
        if len(self.labels) < 3 or not (numeric or self.ordered):
            return ()
        values = np.array(self.labels if numeric else range(len(self.labels)), dtype=np.float64)
        center, width = center_and_width(values)
        return tuple(Scale(float(center), float(width)).seen(values).tolist())

    @property
    def spread(self) -> Choices:
        return Choices(len(self.labels))

    def _codes(self) -> dict[Any, int]:
        return {label: code for code, label in enumerate(self.labels)}


def _looks_categorical(column: Column) -> bool:
    if column.lacks is not None:
        return _looks_categorical(column.present)
    values = column.plainly_held
    if values is None or values.ndim > 1:
        return False
    if column.categories is not None or values.dtype.kind == "b":
        return True
    count = len(column.distinct)
    if values.dtype.kind == "O":
        if count > 100 and count > len(column) / 2:
            texts = [text for text in column.distinct if isinstance(text, str)]
            meant = meant_as(texts)
            if meant is not None:
                raise DataError(
                    f"column {column.name} holds {meant}, written as texts such as {cut(values[0])}; "
                    f"{remedy(meant, texts)}; if they are labels, insist with types={{{column.name!r}: 'categorical'}}"
                )
            raise DataError(
                f"column {column.name} has {count} different strings in {len(column)} rows, like an identifier or free "
                f"text; leave it out, or say types={{{column.name!r}: 'text'}} for texts that models read by their "
                f"words, or types={{{column.name!r}: 'categorical'}} for labels"
            )
        return True
    if values.dtype.kind in "iu":
        return few_labels(column)
    return count <= FEW_VALUES and bool((values == np.round(values)).all())


def few_labels(column: Column) -> bool:
    """Whether a column has so few different values that they are categories, whatever they say."""
    count = len(column.distinct)
    return count <= FEW_VALUES or (count <= SOME_VALUES and count * ROWS_PER_VALUE <= len(column))


def _refuse_vectors(column: Column) -> None:
    if column.held.ndim != 1:
        raise DataError(f"column {column.name} holds vectors and cannot be categorical; leave it out of types")


def _refuse_two_meanings(column: Column) -> None:
    if column.lacks is not None and MISSING in set(column.few.present.distinct):
        raise DataError(
            f"column {column.name} lacks values and has the label {MISSING!r} as well; rename the label, or say "
            f"missing_marks=[{MISSING!r}] if it is the same"
        )


def _native(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label


def _label_dtype(values: Array) -> str:
    return "object" if values.dtype.kind == "O" else values.dtype.name


def _check_labels(labels: tuple[Label, ...], dtype: str) -> None:
    """Raise DataError for a label that is another one in this dtype."""
    try:
        kept = _label_array(labels, dtype).tolist()
    except (ValueError, OverflowError, TypeError):
        kept = []
    if kept != list(labels):
        raise DataError(f"the labels {listed(labels)} are no values of {dtype}")


@lru_cache(maxsize=256)
def _label_array(labels: tuple[Label, ...], dtype: str) -> Array:
    array = np.empty(len(labels), dtype=np.dtype(dtype or object))
    array[:] = labels
    return array

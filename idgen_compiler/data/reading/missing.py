"""Rows that lack a value: refused, left out, or a category of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, nothing, pandas
from idgen_compiler.data.column import FEW_VALUES
from idgen_compiler.data.holding.few import Few, spread
from idgen_compiler.data.reading.delimited import WORDS, missing_words
from idgen_compiler.data.reading.marks import are_times, marked
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.errors import DataError, DataWarning
from idgen_compiler.forms.shown import LISTED, listed
from idgen_compiler.warning import warn_user

__all__ = ["complete_rows", "kept", "lacking", "refusal", "warn_category", "warn_words"]


SIGNS = (*WORDS, "?", "-", "--", ".", "n.a.", "NaT", "<null>", "#DIV/0!", "#VALUE!", "#REF!")
"""What programs and people write where there is no value."""

_SHOWN = 5


def lacking(name: str, content: Any, how: Reading) -> Array:
    """Which rows of a column lack a value: None, NaN, NaT and what marks nothing.  Shape: (rows,) bool."""
    if isinstance(content, Few):
        return spread(lacking(name, content.content, how), content.place)
    return _blank(name, content) | marked(content, how.marks(name))


def _blank(name: str, content: Any) -> Array:
    """Which rows hold None, NaN or NaT; of vectors, those with a NaN among their numbers."""
    if isinstance(content, pandas().Series):
        return nothing(name, content)
    if isinstance(content, np.ndarray) and content.ndim > 1:
        if content.ndim > 2 or content.dtype.kind != "f":
            return np.zeros(len(content), dtype=bool)
        return np.asarray(np.isnan(content).any(1))
    array = _objects(content)
    if array.dtype.kind in "Mm":
        return np.asarray(np.isnat(array))
    return nothing(name, array) if array.dtype.kind in "OfcT" else np.zeros(len(array), dtype=bool)


def _objects(content: Any) -> Array:
    """Entries as objects, in which pandas finds what is missing and looks into no lists."""
    if isinstance(content, np.ndarray):
        return content
    array = np.empty(len(content), dtype=object)
    array[:] = list(content)
    return array


def refusal(name: str, content: Any, blank: Array, others: Mapping[str, Array] | None = None) -> DataError:
    """What is said of a column that lacks values, where that is refused; and of `others`, if they lack some."""
    if isinstance(content, Few):
        return refusal(name, content.content, blank, others)
    counts = {other: int(own.sum()) for other, own in (others or {}).items() if other != name and own.any()}
    also = f", {_in_short([*counts], lambda other: f'{other} lacks {counts[other]}')}" if counts else ""
    words = [word for word in missing_words(content) if word][:_SHOWN]
    read = f", read from {', '.join(map(repr, words))}" if words else ""
    labels = ", keep these words as labels with missing='text'" if words else ""
    category = "" if _many_numbers(content) or are_times(content) else ", make them a category with missing='category'"
    what = "NaN" if isinstance(content, np.ndarray) and content.dtype.kind == "f" else "missing"
    return DataError(
        f"column {name} has {int(blank.sum())} {what} value(s) in {len(blank)} rows, the first in row "
        f"{int(blank.argmax())} (counting from 0){read}{also}; drop these rows with missing='drop'"
        f"{category}{labels}, or fill them in before fitting"
    )


def _in_short(names: Sequence[str], told: Callable[[str], str]) -> str:
    """What is told of the first columns."""
    return ", ".join([*map(told, names[:_SHOWN]), *(["..."] if len(names) > _SHOWN else [])])


def _many_numbers(content: Any) -> bool:
    """Whether a column holds more numbers than categories do."""
    values = content if isinstance(content, pandas().Series) else pandas().Series(_objects(content).tolist())
    return bool(pandas().api.types.is_numeric_dtype(values.dtype)) and values.nunique() > FEW_VALUES


def complete_rows(blanks: Mapping[str, Array], contents: Mapping[str, Any]) -> Array:
    """Which rows lack nothing; warns of how many are left out, and of what that assumes.

    Raises DataError where no row is left.  Shape: (rows,) bool.
    """
    lacks = reduce(np.logical_or, blanks.values())
    counts = {name: int(blank.sum()) for name, blank in blanks.items() if blank.any()}
    most = sorted(counts, key=lambda name: -counts[name])
    told = _in_short(most, lambda name: f"{name} lacks {counts[name]}{_words(contents[name])}")
    if lacks.all():
        raise DataError(f"no row is complete, so that missing='drop' leaves none: of {len(lacks)} rows, {told}")
    if counts:
        warn_user(
            f"{int(lacks.sum())} of {len(lacks)} rows lack a value and were left out ({told}); the rest stands for all "
            "rows only if values are missing completely at random",
            DataWarning,
        )
    return np.asarray(~lacks)


def warn_category(name: str, blank: Array) -> None:
    """Warn that what is missing in a column is a label now, and of what that assumes."""
    warn_user(
        f"{name} lacks {int(blank.sum())} of {len(blank)} values, which are a label of their own; that is right where "
        "lacking a value is a state like the others, and not where a value was there and went unseen",
        DataWarning,
    )


def warn_words(name: str, content: Any, how: Reading) -> None:
    """Warn (DataWarning) of labels that are words for what is missing, unless `how` calls them labels."""
    if isinstance(content, Few):  # all rows are gone through only where there is something to tell
        if not _may_be_told(content.content):
            return
        content = content.whole()
    pd = pandas()
    texts = content if isinstance(content, pd.Series) or getattr(content, "ndim", 1) > 1 else _objects(content)
    if how.missing == "text" or getattr(texts, "ndim", 1) > 1 or not len(texts):
        return
    if getattr(content, "attrs", {}).get("told"):  # such words among numbers were told while they were read
        return
    if isinstance(texts, pd.Series):
        if texts.dtype == "category":
            if not any(isinstance(label, str) and label in SIGNS for label in texts.dtype.categories):
                return
            texts = texts.astype(texts.dtype.categories.dtype)
        if not (texts.dtype == object or pd.api.types.is_string_dtype(texts.dtype)):
            return
    elif texts.dtype.kind not in "OU":
        return
    try:
        found = pd.Series(texts, dtype=object).isin(SIGNS).to_numpy(dtype=bool)
    except TypeError:  # entries that cannot be looked up, such as lists
        return
    if not found.any() or found.all():
        return
    words = [str(word) for word in pd.Series(np.asarray(texts, dtype=object)[found]).value_counts().index]
    warn_user(
        f"column {name} holds the label {listed(words)} in {int(found.sum())} of {len(found)} rows, "
        f"first in row {int(found.argmax())} (counting from 0), which is often written for a missing value; if it is "
        f"one, say missing_marks={words[:LISTED]!r} and what becomes of missing values, if not, missing='text'",
        DataWarning,
    )


def _may_be_told(values: Any) -> bool:
    """Whether a Series holds a word for what is missing."""
    if values.dtype == "category":
        values = values.dtype.categories
    elif not (values.dtype == object or pandas().api.types.is_string_dtype(values.dtype)):
        return False
    return bool(values.isin(SIGNS).any())


def _words(content: Any) -> str:
    words = [word for word in missing_words(content) if word][:_SHOWN]
    return f" (read from {', '.join(map(repr, words))})" if words else ""


def kept(content: Any, rows: Array) -> Any:
    """The content of some rows.  `rows` are their numbers, or has shape (all rows,) bool."""
    if isinstance(content, pandas().Series):
        found = content.iloc[rows].reset_index(drop=True)
        found.attrs.clear()
        return found
    if isinstance(content, np.ndarray):
        return content[rows]
    return [content[row] for row in (np.flatnonzero(rows) if rows.dtype == bool else rows)]

"""Labels of categories: as a caller sets them, and as a person types them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.kinds.setting import Setting, shown
from idgen_compiler.data.kinds.texts import typed_number
from idgen_compiler.errors import DataError
from idgen_compiler.forms.numeral import Numeral
from idgen_compiler.forms.shown import LISTED, cut, listed

__all__ = ["check_label", "label_codes", "read_label"]

L = TypeVar("L")

_COMPARED = 200
"""So many letters of labels are compared with what was typed."""

_NEVER = (complex, np.complexfloating, np.datetime64, np.timedelta64)
"""Values that may equal a label that is a number, and are none."""

PLAIN = "biufU"
"""The kinds of arrays whose entries are the same as Python's own values, which are looked up faster."""


def check_label(label: str | float) -> None:
    """Raise DataError for a label that no file can hold or that is no number: NaN, infinity, 10**400, half a letter."""
    try:
        fits = label.isascii() or bool(label.encode()) if isinstance(label, str) else math.isfinite(label)
    except (OverflowError, UnicodeEncodeError):  # beyond all floats; a lone surrogate
        fits = False
    if not fits:
        raise DataError(f"{label!r:.40} cannot be a label; label with text or finite numbers")


def label_codes(setting: Setting, value: Any, labels: Sequence[Any]) -> Array:
    """The places of the value or values among the labels.  Shape: (1,) or (n,) int64.

    Raises DataError, listing the labels, for a value that is none of them.

    >>> label_codes(Setting("do", "X", 3), ["red", "blue", "red"], ("blue", "red")).tolist()
    [1, 0, 1]
    """
    code_of = {label: code for code, label in enumerate(labels)}
    many = setting.one_each(value)
    values = [value] if isinstance(value, Numeral) else many.tolist() if many.dtype.kind in PLAIN else list(many)
    try:
        found = [None if isinstance(item, _NEVER) else code_of.get(item) for item in values]
    except (TypeError, ValueError):  # a value that cannot even be looked up, such as a list
        raise DataError(f"{setting} is {shown(values)}, which is no label; {_listed(setting, labels)}") from None
    if None in found:
        unseen = [item for item, code in zip(values, found, strict=True) if code is None]
        if any(map(_is_missing, unseen)):
            raise DataError(f"{setting} holds a missing value; {_listed(setting, labels)}")
        told = listed(dict.fromkeys(shown([item]) for item in unseen), str)
        quoted = str(unseen[0])[:_COMPARED]
        hint = f"; quote it: {json.dumps(quoted, ensure_ascii=False)}" if quoted in code_of else ""
        raise DataError(f"{setting} is {told}, which the data never show; {_listed(setting, labels)}{hint}")
    return np.asarray(found, dtype=np.int64)


def read_label(name: str, labels: Sequence[L], text: str) -> L:
    """The label that a person typed, by how it prints; 1 also stands for 1.0, and true for True.

    Raises DataError, listing the labels, for a text that names none.

    >>> read_label("X", (1, 2), " 2 ")
    2
    """
    known = [str(label) for label in labels]
    for typed in (text, text.strip()):
        if typed in known:
            return labels[known.index(typed)]
    for label in labels:
        if isinstance(label, bool):
            if text.strip().lower() == str(label).lower():
                return label
        elif isinstance(label, int | float) and _number(text) == label:
            return label
    folded = {label[:_COMPARED].casefold(): label for label in reversed(known)}
    close = get_close_matches(text[:_COMPARED].casefold(), folded, n=LISTED) if len(known) > LISTED else []
    near = f"; did you mean {' or '.join(cut(folded[one], str) for one in close)}?" if close else ""
    raise DataError(f"{cut(text)} is no label of {name}{near or f'; it has {listed(known, str)}'}")


def _listed(setting: Setting, labels: Sequence[Any]) -> str:
    return f"the labels of {setting.name} are {listed(labels)}"


def _number(text: str) -> float | None:
    try:
        return typed_number(text)
    except ValueError:
        return None


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, or one of pandas' own words for nothing."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA, of which nobody knows whether it equals anything
        return True

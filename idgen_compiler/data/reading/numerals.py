"""How numbers are written in a text table: zeros before them, powers of ten, points and commas that part thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Self

from idgen_compiler.data.arrays import pandas

__all__ = ["Written", "are_decimal_commas", "padded_with", "part_thousands", "without_groups"]

_COMMAS = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_POWER = re.compile(r"\d+[eE]\d+")
_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?")
_CERTAIN = re.compile(r"[+-]?[1-9]\d{0,2}((\.\d{3}){2,}(,\d*)?|\.\d{3},\d*)")
_BESIDE = re.compile(r"[+-]?\d{1,3}(,\d*)?")
_COMMA_OR_WHOLE = re.compile(r"[+-]?\d+(,\d*)?")
_SMALL = 3
"""So many digits a number without a point has at most, where points part thousands."""


@dataclass(frozen=True, slots=True)
class Written:
    """The first text of each form that bears on what a column of numbers means; "" where there is none.

    >>> Written.of(["02139", "302"]).padded
    '02139'
    >>> Written.of(["1.793", "302"]).may_part_thousands, Written.of(["1.793", "3.5"]).may_part_thousands
    (True, False)
    """

    whole: str = ""  #: digits, perhaps with a sign
    long: str = ""  #: more than three of them
    padded: str = ""  #: digits after a zero, as codes have them
    power: str = ""  #: a whole number and a power of ten without a sign, as 1E5
    group: str = ""  #: a point before exactly three digits
    fraction: str = ""  #: a point that can only be a decimal one; what else there is does not matter then
    other: str = ""  #: any other number

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """What some texts of numbers are written like; those without digits are left aside."""
        found: dict[str, str] = {}
        for text in texts:
            form = _form_of(text)
            if form:
                found.setdefault(form, text)
            if form == "fraction":
                break
        return cls(**found)

    def joined(self, later: Written) -> Written:
        """What this and a later part of a column are written like."""
        return Written(*(getattr(self, field.name) or getattr(later, field.name) for field in fields(self)))

    @property
    def may_part_thousands(self) -> bool:
        """Whether all points stand before three digits, and what has none is whole and below a thousand."""
        return bool(self.group) and not (self.long or self.padded or self.power or self.fraction or self.other)

    @property
    def are_codes(self) -> bool:
        """Whether there are zeros before digits, and no number that codes are not."""
        return bool(self.padded) and not (self.group or self.fraction or self.other)

    @property
    def are_mixed(self) -> bool:
        """Whether some are powers of ten and the others digits alone, as codes may be."""
        return bool(self.power and (self.whole or self.long)) and not (self.group or self.fraction or self.other)


def _form_of(text: str) -> str:
    """The field of `Written` that a text belongs to; "" for what is no number."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if digits.isdecimal():
        if text[0] == "0" and len(text) > 1:
            return "padded"
        return "long" if len(digits) > _SMALL else "whole"
    if _GROUP.fullmatch(text):
        return "group"
    if _POWER.fullmatch(text):
        return "power"
    if not any(map(str.isdecimal, text)):
        return ""
    return "fraction" if "." in text else "other"


def are_decimal_commas(texts: Any) -> bool:
    """Whether a Series of texts holds numbers some of which have a comma."""
    return bool(texts.str.contains(",", regex=False).any() and texts.str.fullmatch(_COMMAS).all())


def part_thousands(texts: Any) -> bool:
    """Whether the commas, or points, of all texts in a Series may part thousands."""
    return bool(texts.str.fullmatch(_THOUSANDS).all())


def without_groups(texts: Any, *, commas: bool) -> Any | None:
    """A Series of texts in which points part thousands, as numbers; None where that is not certain.

    It is where two points stand in a number, or a point and then a comma; or, where somebody says that `commas` are
    decimal, from one point on.

    >>> import pandas as pd
    >>> without_groups(pd.Series(["1.234.567", "302"]), commas=False).tolist()
    [1234567, 302]
    >>> without_groups(pd.Series(["192.168.1.1", "302"]), commas=False) is None
    True
    """
    groups = texts.str.fullmatch(_GROUPS)
    certain = groups if commas else texts.str.fullmatch(_CERTAIN)
    beside = texts.str.fullmatch(_COMMA_OR_WHOLE if commas else _BESIDE)
    if not certain.any() or not (groups | beside).all():
        return None
    plain = texts.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return pandas().to_numeric(plain)


def padded_with(content: Any) -> str:
    """A text with a zero before its digits for which a column of a text table is kept as texts; "" for any other."""
    return str(getattr(content, "attrs", {}).get("padded", ""))

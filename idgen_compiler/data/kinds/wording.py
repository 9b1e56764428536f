"""Labels that may say something else to their owner: one label in two spellings, numbers and dates written as texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from idgen_compiler.data.column import FEW_VALUES
from idgen_compiler.forms.shown import LISTED, cut, listed
from idgen_compiler.warning import warn_data

__all__ = ["meant_as", "remedy", "warn_wording"]

MOST = 0.9
"""So many of the labels have to say numbers or dates, before all are said to."""

LONGEST = 200
"""Longer texts are neither spellings of one label nor numbers."""

_ANSWERS = {"y": "yes", "n": "no", "t": "true", "f": "false"}
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NUMBER = re.compile(
    r"\(?[+-]?(?P<before>[$€£¥₹]|[a-z]{3}(?=\s?\d))?\s?[+-]?(?P<digits>\d+([.,'\s]\d+)*|[.,]\d+)(e[+-]?\d+)?\)?"
    r"\s?(?P<after>%|[^\W\d_]{0,12}[.]?|[$€£¥₹])"
)
_DATE = re.compile(
    rf"\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}([ t]\d.*)?|\d{{1,2}}[. -]*({_MONTHS})[a-z]*[. ,-]*\d{{2,4}}|"
    rf"({_MONTHS})[a-z]*[. -]*\d{{1,2}}(st|nd|rd|th)?[ ,]*\d{{2,4}}"
)
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-]")
_MONTHS_A_YEAR = 12
_CODE = 4
"""So many digits, the same number in all texts, are a code."""
_WRITTEN = {
    "a percent sign": r"%$",
    "a currency": r"[$€£¥₹]",
    "separators of thousands": r"\d[,.' ]\d{3}(?!\d)",
    "a decimal comma": r"\d,(?:\d{1,2}|\d{4,})(?!\d)",
}
_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.]\d+)?)?(\s?[ap][.]?m[.]?)?")


def warn_wording(name: str, labels: Sequence[object], ordered: bool = False) -> None:
    """Warn (DataWarning) of labels that differ only in spelling, and of texts that say numbers or dates.

    Where somebody ordered the labels, they are no numbers.
    """
    texts = [label for label in labels if isinstance(label, str)]
    alike = _alike(texts)
    if alike:
        shown = "; ".join(" and ".join(f"{cut(text)}" for text in group[:LISTED]) for group in alike[:LISTED])
        more = f" and {len(alike) - LISTED} more" if len(alike) > LISTED else ""
        warn_data(
            f"column {name} holds labels that differ only in spelling: {shown}{more}; they are taken for different "
            "categories, so make one of them if they are the same"
        )
    meant = None if ordered else meant_as(texts)
    if meant is not None:
        warn_data(
            f"column {name} holds {meant}, written as texts such as {cut(texts[len(texts) // 2])}; they are taken "
            f"for labels without an order; {remedy(meant, texts)}"
        )


def meant_as(texts: Sequence[str]) -> str | None:
    """What many texts say: "numbers", "dates" or "times of day"; None for other texts, and for codes of digits.

    >>> meant_as([f"${k},000.00" for k in range(1, 20)])
    'numbers'
    >>> meant_as([f"{k:05}" for k in range(20)]) is None
    True
    """
    if len(texts) <= FEW_VALUES:
        return None
    plain = [text.strip().lower() for text in texts if len(text) <= LONGEST]
    for word, pattern in (("times of day", _TIME), ("dates", _DATE)):
        if sum(pattern.fullmatch(text) is not None for text in plain) >= MOST * len(texts):
            return word
    found = [match for text in plain if (match := _NUMBER.fullmatch(text)) is not None]
    units = {(match["before"] or "", match["after"]) for match in found}
    return None if _are_codes(plain) or len(units) > 2 or len(found) < MOST * len(texts) else "numbers"


def remedy(meant: str, texts: Sequence[str]) -> str:
    """What to do about texts that mean something else: what they are written with, and how pandas reads that.

    >>> remedy("dates", ["13.05.2020", "01.06.2020"])
    'parse them, for example with pandas.to_datetime(..., dayfirst=True)'
    """
    if meant == "dates":
        fields = [(int(found[1]), int(found[2])) for text in texts if (found := _DAY_AND_MONTH.match(text.strip()))]
        if any(month > _MONTHS_A_YEAR for _, month in fields) or not fields:
            return "parse them, for example with pandas.to_datetime"
        if any(day > _MONTHS_A_YEAR for day, _ in fields):
            return "parse them, for example with pandas.to_datetime(..., dayfirst=True)"
        return "parse them with pandas.to_datetime, and say by dayfirst= whether the day or the month comes first"
    if meant == "times of day":
        return "make them numbers, such as seconds since midnight, before fitting"
    odd = [text for text in texts if not _is_plain(text)]
    if 0 < len(odd) <= (1 - MOST) * len(texts):
        return f"all are plain numbers but {listed(odd)}; write these as the others, or make them missing values"
    marks = [what for what, pattern in _WRITTEN.items() if any(re.search(pattern, text) for text in odd)]
    parts = f" (they are written with {' and '.join(marks)})" if marks else ""
    return f"make them numbers before fitting{parts}, for example with str.replace and pandas.to_numeric"


def _is_plain(text: str) -> bool:
    try:
        return bool(float(text) or True)
    except ValueError:
        return False


def _are_codes(texts: Sequence[str]) -> bool:
    """Whether texts of digits alone look like codes: of one length of several digits, or with zeros before them."""
    digits = [text for text in texts if _NUMBER.fullmatch(text)]
    if not all(text.isdecimal() for text in digits):
        return False
    lengths = {len(text) for text in digits}
    return any(len(text) > 1 and text.startswith("0") for text in digits) or (
        len(lengths) == 1 and min(lengths) >= _CODE
    )


def _alike(texts: Iterable[str]) -> list[list[str]]:
    """Labels that are the same but for capitals, white space, composed accents, or how a number is written."""
    found: dict[str, list[str]] = {}
    for text in texts:
        if len(text) <= LONGEST:
            found.setdefault(_bare(text), []).append(text)
    return [group for group in found.values() if len(group) > 1]


def _bare(text: str) -> str:
    bare = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    bare = _ANSWERS.get(bare, bare)
    if bare[:1].isdecimal() and bare.isascii():
        try:
            return repr(float(bare)) if "e" not in bare and "_" not in bare else bare
        except ValueError:
            return bare
    return bare

"""How names are spelled in texts: as they are where they look like words, in quotes otherwise.

A word begins with a letter or an underscore and goes on with letters, digits, underscores, dots and the marks that
scripts such as Devanagari, Thai or Hebrew set on their letters. Every other name stands in double quotes, as in JSON,
or between backticks, where nothing is escaped. Composed and decomposed accents are the same name (Unicode's NFC).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from unicodedata import normalize

__all__ = [
    "NAME",
    "QUOTED",
    "STRING",
    "WORD",
    "composed",
    "quote_hint",
    "read_spelling",
    "run_at",
    "spelled",
    "spelled_all",
    "split_spelled",
]

# Python's \w leaves out the marks without which many scripts cannot be written; the joiners U+200C and U+200D too.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06ed\u0711\u0730-\u074a\u07a6-\u07b0\u0816-\u082d\u08d3-\u08ff\u0900-\u0963\u0966-\u0df3"
    "\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84\u102b-\u103e\u1056-\u109d\u17b4-\u17d3"
    "\u1dc0-\u1dff\u200c\u200d\u3099\u309a\ufe20-\ufe2f"
)

WORD = rf"[^\W\d][\w.{_MARKS}]*"
"""A name that needs no quotes."""

STRING = r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
"""A text in double quotes, as JSON has it."""

QUOTED = rf"{STRING}|`[^`\n]*`"
"""A name in quotes."""

NAME = rf"(?:{WORD}|{QUOTED})"
"""A name as texts spell it."""

_WORD, _NAME, _RUN = re.compile(WORD), re.compile(NAME), re.compile(r"[\w.%&+/-]*\w[\w.%&+/-]*")


def composed(name: str) -> str:
    """The name in Unicode's composed form, in which equal names are equal strings.

    >>> composed("e\u0301t\u00e9") == "\u00e9t\u00e9"
    True
    """
    return name if name.isascii() else normalize("NFC", name)


def spelled(name: str) -> str:
    """A name as texts spell it; primes at its end, the marks of an instance, stay outside the quotes.

    >>> print(spelled("age"), spelled("birth weight"), spelled("2nd'"))
    age "birth weight" "2nd"'
    """
    if _WORD.fullmatch(name):
        return name
    plain = name.rstrip("'")
    return (plain if _WORD.fullmatch(plain) else json.dumps(plain, ensure_ascii=False)) + name[len(plain) :]


def spelled_all(names: Iterable[str]) -> str:
    """The names as texts list them, with commas between."""
    return ", ".join(map(spelled, names))


def run_at(text: str, at: int) -> str:
    """What may have been meant as one name or label at a place of a text; empty where nothing may.

    >>> run_at("do(a/b = 1)", 4), run_at("do(a/b = 1)", 7)
    ('a/b', '')
    """
    return next((run[0] for run in _RUN.finditer(text) if run.start() <= at < run.end()), "")


def quote_hint(text: str) -> str:
    """What to do with a text that was meant as one name or label, for the end of a message.

    >>> quote_hint("a/b")
    '; a name or label that is no word stands in quotes: "a/b"'
    """
    return f"; a name or label that is no word stands in quotes: {json.dumps(text, ensure_ascii=False)}"


def read_spelling(text: str) -> str:
    """The name that a text matched by `NAME` spells.  Raises ValueError for quotes with what JSON cannot read.

    >>> read_spelling('"birth weight"'), read_spelling("`birth weight`"), read_spelling("age")
    ('birth weight', 'birth weight', 'age')
    """
    if text.startswith("`"):
        return composed(text[1:-1])
    return composed(str(json.loads(text)) if text.startswith('"') else text)


def split_spelled(text: str, mark: str) -> tuple[str, str, str]:
    """A name, the mark after it and what follows, as `str.partition` splits; quotes around the name are left out.

    Only a name that begins with a quote is read as one in quotes: `birth weight=3` needs none.

    >>> split_spelled('"dose=high"=1', "="), split_spelled("dose = 1", "=")
    (('dose=high', '=', '1'), ('dose', '=', ' 1'))
    """
    begin = text.lstrip()
    quoted = _NAME.match(begin) if begin[:1] in ('"', "`") else None
    if quoted is not None:
        rest = begin[quoted.end() :].lstrip()
        if not rest or rest.startswith(mark):
            return read_spelling(quoted[0]), rest[: len(mark)], rest[len(mark) :]
    name, found, rest = text.partition(mark)
    return composed(name.strip()), found, rest

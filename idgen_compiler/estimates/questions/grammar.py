"""The language of conditions, such as `age < 30 and sex = 'f'`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.forms.spelling import STRING, WORD, quote_hint, run_at

__all__ = ["SIGNS", "Part", "parts_of"]

SIGNS = ("<", "<=", ">", ">=", "=", "!=")
"""What a condition compares by."""

_PLAIN = {"≤": "<=", "≥": ">=", "≠": "!="}
_ALIKE = {"==": "=", **_PLAIN}
_TYPED = re.compile(r"[^\s,&<>=!≤≥≠'\"`()\[\]|]+")
"""A value without quotes: whatever stands between two marks."""


@dataclass(frozen=True)
class Part:
    """`name sign value`: what was typed for the value, without its quotes."""

    name: str
    sign: str
    value: str


def parts_of(text: str) -> tuple[list[Part], str]:
    """What a condition compares, and the condition as it is told, its signs in plain letters.

    Raises DataError, with the place, for a text that is no condition.

    >>> parts_of("age ≥ 30  and code=01")
    ([Part(name='age', sign='>=', value='30'), Part(name='code', sign='=', value='01')], 'age >= 30 and code=01')
    """
    found = _Condition(text)
    return found.parts(), "".join(found.told).strip()


class _Condition(Cursor):
    """`NAME OP VALUE {and NAME OP VALUE}`."""

    tokens = re.compile(
        rf"\s*(?:(?P<mark><=|>=|!=|==|[<>=≤≥≠&,])|(?P<string>{STRING})|(?P<name>{WORD}|`[^`\n]*`)"
        r"|(?P<label>'[^'\n]*')|(?P<other>[^\s\"'`]))"
    )
    language, example, failure = "condition", "age < 30 and sex = 'f'", DataError

    def __init__(self, text: str) -> None:
        self.told: list[str] = []
        super().__init__(text)

    def error(self, message: str, start: int | None = None) -> IdgenError:
        """An error with its place; where it may be that of a name or label without its quotes, with these."""
        at = self.start if start is None else start
        if "'or'" in message or re.match(r"or\b|\|", self.text[at:], re.IGNORECASE):
            message += (
                "; conditions are joined by 'and': for 'or' take 1 minus the share of neither, as of Y <= 2 and "
                "Y >= 0, or give a function of samples"
            )
            return super().error(message, start)
        whole = run_at(self.text, at)
        before = re.search(rf"({WORD})\s+$", self.text[:at])
        if before is not None and re.fullmatch(WORD, whole) and before[1] != "and":
            message += f'; if this is one name or label, quote it: "{before[1]} {whole}"'
        elif whole and not re.fullmatch(WORD, whole):
            message += quote_hint(whole)
        return super().error(message, start)

    def parts(self) -> list[Part]:
        found = [self.part()]
        while self.value.lower() == "and" or self.value in ("&", ","):
            self.keep(self.value)
            found.append(self.part())
        if self.kind:
            raise self.missing("'and' or the end")
        return found

    def part(self) -> Part:
        place = self.start
        name = self.name()
        self.say(place, self.text[place : self.before])
        sign = _ALIKE.get(self.value, self.value)
        if sign not in SIGNS or self.kind != "mark":
            raise self.missing("one of " + ", ".join(SIGNS))
        self.keep(_PLAIN.get(self.value, self.value))
        return Part(name, sign, self.typed())

    def typed(self) -> str:
        """Go past a value, and return what it says: a text in quotes, or all that stands up to the next mark."""
        place = self.start
        if self.kind == "string":
            value = self.string("a label")
        elif self.kind == "label" or (self.kind == "name" and self.value.startswith("`")):
            value = self.value[1:-1]
            self.advance()
        else:
            found = _TYPED.match(self.text, self.start)
            if found is None:
                raise self.missing("a value")
            value, self.place = found[0], found.end()
            self.advance()
        self.say(place, self.text[place : self.before])
        return value

    def keep(self, told: str) -> None:
        """Go past a token, which is told so."""
        self.say(self.start, told)
        self.advance()

    def say(self, start: int, told: str) -> None:
        """Add a token to what is told, after a space where it has one before it."""
        self.told.append(f" {told}" if self.text[start - 1 : start].isspace() else told)

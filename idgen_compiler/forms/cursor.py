"""A place in a text that is read token by token, with errors that point at it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import ClassVar, TypeVar

from idgen_compiler.errors import IdgenError
from idgen_compiler.forms.spelling import read_spelling

__all__ = ["Cursor"]

T = TypeVar("T")

REACH = 100
"""An error shows so many characters of a long line on either side of the place."""


class Cursor:
    """The token at hand: its `kind`, a group of `tokens`, its `value`, and where it stands. Both are empty at the end.

    A parser of a language says what its tokens look like and what may stand between them, what is read, what it looks
    like, whether errors count its lines even where there is one, and which error is raised.
    """

    tokens: ClassVar[re.Pattern[str]]
    between: ClassVar[re.Pattern[str]] = re.compile(r"\s*")
    language: ClassVar[str]
    example: ClassVar[str] = ""
    counts_lines: ClassVar[bool] = False
    failure: ClassVar[type[IdgenError]] = IdgenError

    def __init__(self, text: str) -> None:
        """Begin at the first token."""
        self.text, self.place, self.start = text, 0, 0
        self.kind = self.value = ""
        self.advance()

    def advance(self) -> None:
        """Go to the next token.  Raises the language's error where there is none that can be read."""
        self.before = self.place  #: where the token before this one ends
        skipped = self.between.match(self.text, self.place)
        self.start = skipped.end() if skipped else self.place
        if self.start == len(self.text):
            self.kind = self.value = ""
            return
        token = self.tokens.match(self.text, self.start)
        if token is None:
            found = self.text[self.start]
            raise self.error("a quote that does not end" if found in '"`' else f"cannot read {found!r} here")
        self.kind, self.value, self.place = str(token.lastgroup), token[0].strip(), token.end()

    @property
    def on_next_line(self) -> bool:
        """Whether a line ends between the token before and this one."""
        return "\n" in self.text[self.before : self.start]

    def error(self, message: str, start: int | None = None) -> IdgenError:
        """An error that shows the line and the place: that of the token at hand, or `start`."""
        at = self.start if start is None else start
        begin = self.text.rfind("\n", 0, at) + 1
        end = self.text.find("\n", at)
        shown, column = self.text[begin : end if end >= 0 else len(self.text)], at - begin
        if len(shown) > 2 * REACH:
            first = max(column - REACH, 0)
            shown, indent = f"{shown[first : column + REACH]} ...", column - first
        else:
            indent = column
        counted = self.counts_lines or "\n" in self.text.strip()
        line = f"line {self.text.count(chr(10), 0, at) + 1}, " if counted else ""
        hint = f"\na {self.language} looks like {self.example}" if self.example else ""
        return self.failure(
            f"{self.language}, {line}column {column + 1}: {message}\n  {shown}\n  {' ' * indent}^{hint}"
        )

    def missing(self, what: str) -> IdgenError:
        """The error for a token that is not what is expected."""
        return self.error(f"expected {what}" + (f", not {self.value!r}" if self.value else " before the end"))

    def take(self, mark: str) -> None:
        """Go past a mark that has to stand here."""
        if self.value != mark or self.kind == "string":
            raise self.missing(repr(mark))
        self.advance()

    def skip(self, mark: str) -> bool:
        """Go past a mark if it stands here, and say whether it does."""
        found = self.value == mark and self.kind != "string"
        if found:
            self.advance()
        return found

    def word(self, kind: str, what: str) -> str:
        """Go past a token of a kind, called `what` in messages, and return it."""
        if self.kind != kind:
            raise self.missing(what)
        value = self.value
        self.advance()
        return value

    def string(self, what: str) -> str:
        """Go past a text in double quotes, written as in JSON, and return what it says."""
        start = self.start
        raw = self.word("string", what)
        try:
            return str(json.loads(raw))
        except json.JSONDecodeError as error:
            raise self.error(f"a quoted text that JSON cannot read ({error.msg})", start) from None

    def name(self) -> str:
        """Go past a variable's name, a token of the kind `name` or `string`, and return it with its primes."""
        if self.kind not in ("name", "string"):
            raise self.missing("a variable's name")
        start, plain = self.start, self.value.rstrip("'")
        try:
            found = read_spelling(plain) + self.value[len(plain) :]
        except ValueError as error:
            raise self.error(
                f"a name in quotes that JSON cannot read ({getattr(error, 'msg', error)})", start
            ) from None
        self.advance()
        return found

    def listed(self, item: Callable[[], T]) -> tuple[T, ...]:
        """One or more items, separated by commas."""
        found = [item()]
        while self.skip(","):
            found.append(item())
        return tuple(found)

    def enclosed(self, left: str, item: Callable[[], T], right: str) -> tuple[T, ...]:
        """Items between two marks, perhaps none."""
        self.take(left)
        found = () if self.value == right else self.listed(item)
        self.take(right)
        return found

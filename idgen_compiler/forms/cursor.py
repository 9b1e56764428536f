"""A place in a line of text that is read token by token, with errors that point at it."""

from __future__ import annotations

import re
from typing import ClassVar

from idgen_compiler.errors import IdgenError

__all__ = ["Cursor"]


class Cursor:
    """The token at hand: its `kind`, a group of `tokens`, its `value`, and where it stands. Both are empty at the end.

    A parser of a language says what its tokens look like, what is read, what it looks like, and which error is raised.
    """

    tokens: ClassVar[re.Pattern[str]]
    language: ClassVar[str]
    example: ClassVar[str]
    failure: ClassVar[type[IdgenError]] = IdgenError

    def __init__(self, text: str) -> None:
        """Begin at the first token."""
        self.text, self.place, self.start = " ".join(text.splitlines()), 0, 0  # one line: a caret points into it
        self.kind = self.value = ""
        self.advance()

    def advance(self) -> None:
        """Go to the next token.  Raises the language's error where there is none that can be read."""
        rest = self.text[self.place :]
        self.start = self.place + len(rest) - len(rest.lstrip())
        if not rest.strip():
            self.kind = self.value = ""
            return
        token = self.tokens.match(self.text, self.place)
        if token is None:
            raise self.error(f"cannot read {self.text[self.start]!r} here")
        self.kind, self.value, self.place = str(token.lastgroup), token[0].strip(), token.end()

    def error(self, message: str) -> IdgenError:
        """An error that shows the text and the place."""
        return self.failure(
            f"{self.language}, column {self.start + 1}: {message}\n  {self.text}\n  {' ' * self.start}^\n"
            f"a {self.language} looks like {self.example}"
        )

    def take(self, mark: str) -> None:
        """Go past a mark that has to stand here."""
        if self.value != mark:
            raise self.error(f"expected {mark!r}" + (f", not {self.value!r}" if self.value else " before the end"))
        self.advance()

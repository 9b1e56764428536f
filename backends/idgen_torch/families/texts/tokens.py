"""What a model of texts writes: common words and letters as one token each, and anything else byte by byte."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import DataError

__all__ = ["END", "Tokens"]

END = 0
"""The token after the last one."""

_BYTES = 256
_PIECES = re.compile(r" ?[^\W_]+| ?(?:[^\w\s]|_)+|\s", re.UNICODE)
"""A word or marks with the space before, or white space."""

SEEN, MOST_WORDS, MOST_LETTERS, WIDEST = 3, 4_000, 2_000, 64
"""A piece is a token where it occurs so often, up to so many of the commonest; and letters beyond ASCII likewise."""


@dataclass(frozen=True)
class Tokens:
    """The vocabulary: the end, 256 bytes, then `pieces`.

    >>> tokens = Tokens.of(["no fever", "no cough", "no pain"])
    >>> tokens.pieces, tokens.encode("no x")
    (('no',), [257, 33, 121])
    """

    pieces: tuple[str, ...]

    def __post_init__(self) -> None:
        most = MOST_WORDS + MOST_LETTERS
        if len(self.pieces) > most or len(set(self.pieces)) < len(self.pieces):
            raise DataError(f"a vocabulary has up to {most} different pieces, not {len(self.pieces)}")
        for piece in self.pieces:
            if not 0 < len(piece) <= WIDEST or not _is_unicode(piece):
                raise DataError(f"{piece!r:.40} cannot be a piece of texts")

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """The vocabulary of some texts."""
        words = Counter(piece for text in texts for piece in _PIECES.findall(text))
        able = [w for w, often in words.items() if often >= SEEN and len(w.encode("utf-8", "replace")) > 1]
        kept = sorted((w for w in able if len(w) <= WIDEST and _is_unicode(w)), key=lambda w: (-words[w], w))
        kept = kept[:MOST_WORDS]
        letters: Counter[str] = Counter()
        for word in words.keys() - set(kept):
            for letter in word:
                if not letter.isascii() and _is_unicode(letter):
                    letters[letter] += words[word]
        common = sorted((x for x, often in letters.items() if often >= SEEN), key=lambda x: (-letters[x], x))
        return cls((*kept, *[letter for letter in common if letter not in set(kept)][:MOST_LETTERS]))

    def __len__(self) -> int:
        return 1 + _BYTES + len(self.pieces)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {piece: 1 + _BYTES + k for k, piece in enumerate(self.pieces)}

    @cached_property
    def _written(self) -> list[bytes]:
        """What each token stands for."""
        return [b"", *(bytes([k]) for k in range(_BYTES)), *(piece.encode() for piece in self.pieces)]

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without the end."""
        found: list[int] = []
        for piece in _PIECES.findall(text):
            if piece in self._number:
                found.append(self._number[piece])
                continue
            for letter in piece:
                own = self._number.get(letter)
                found += [1 + b for b in letter.encode("utf-8", "surrogatepass")] if own is None else [own]
        return found

    def coded(self, rows: Sequence[Sequence[int]], length: int) -> Array:
        """The bytes plus one that rows of tokens stand for, up to their end, then zeros.

        Bytes that are no UTF-8 together, such as a lone surrogate, become the replacement character, so that whatever
        is drawn can be written to a file. A letter that does not fit any more is left out.
        Shape: -> (rows, length) uint8.
        """
        coded = np.zeros((len(rows), length), dtype=np.uint8)
        for out, row in zip(coded, rows, strict=True):
            pieces = []
            for token in row:
                if token == END:
                    break
                pieces.append(self._written[token])
            own = b"".join(pieces).decode("utf-8", "replace").encode()
            if len(own) > length:
                end = length
                while end and own[end] & 0xC0 == 0x80:
                    end -= 1
                own = own[:end]
            out[: len(own)] = np.frombuffer(own, dtype=np.uint8) + 1
        return coded

    @cached_property
    def following(self) -> Array:
        """How many bytes a letter still lacks after each token that begins one.  Shape: (tokens,) int64."""
        found = np.zeros(len(self), dtype=np.int64)
        for lead in range(0xC2, 0xF5):
            found[1 + lead] = 1 + (lead >= 0xE0) + (lead >= 0xF0)
        return found

    @cached_property
    def within(self) -> Array:
        """Whether a token is a byte within a letter.  Shape: (tokens,) bool."""
        found = np.zeros(len(self), dtype=bool)
        found[1 + 0x80 : 1 + 0xC0] = True
        return found

    @cached_property
    def barred(self) -> Array:
        """Which tokens cannot come at the start of a letter, and within one.  Shape: (2, tokens) bool."""
        never = np.zeros(len(self), dtype=bool)
        never[[1 + byte for byte in (0xC0, 0xC1, *range(0xF5, 0x100))]] = True
        return np.stack([self.within | never, ~self.within])


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold a text: it has no lone surrogate."""
    try:
        return bool(text.encode()) or True
    except UnicodeEncodeError:
        return False

"""Free text: reports, comments, abstracts, of which any new one may be asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.column import MISSING, Column
from idgen_compiler.data.kinds.encoders import HASH, Encoder, check_encoder, register_encoder
from idgen_compiler.data.kinds.kind import Atom
from idgen_compiler.data.kinds.registry import register
from idgen_compiler.data.kinds.setting import Setting, shown
from idgen_compiler.data.kinds.wording import meant_as
from idgen_compiler.data.part import Part
from idgen_compiler.errors import DataError
from idgen_compiler.forms.shown import cut
from idgen_compiler.warning import warn_data

__all__ = ["LONGEST", "Text", "is_prose", "texts_of"]

LONGEST = 4096
"""Longer texts are cut after so many bytes of UTF-8, unless somebody says another length."""

MOST_BYTES = 2**20
"""No length is longer (1 MiB)."""

_ROOM, _STEP, _LEAST = 1.25, 64, 256
"""A new text may be longer than those of the rows by so much; lengths are multiples of the second number, from the
third on."""

FEW_LABELS, ROWS_PER_LABEL = 30, 20
"""So few labels are categories whatever they say, and so are those of which most have so many rows each."""

WORDS, NAME_WORDS, CAPITALS = 4, 5, 0.9
"""Texts have so many words; those of fewer than the second number, each with a capital, are names."""

_LOOKED_AT = 2_000
_DENSE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
"""Letters of scripts without spaces: Thai, Lao, Burmese, Khmer, Japanese and Chinese."""
_LETTERS_PER_WORD = 2.5


@register
@dataclass(frozen=True, slots=True)
class Text(Atom):
    """Free text, of which models see an encoder's numbers, and which they write letter by letter or word by word.

    A column of strings is taken to be one where it has 30 different ones or more, most of which stand in fewer than 20
    rows, and they are longer than a word or two: of four words in the median, other than names, or of ten letters in
    scripts without spaces. Any string may be asked about, also one that no row has.

    `encoder` is "hash" (words and letters, hashed), a function from texts to an array (texts, d), or the folder of a
    model of sentence-transformers or transformers. `length` is how many bytes of UTF-8 are kept; found where it is 0.

    >>> Text().read("R", "no fever")
    'no fever'
    """

    word: ClassVar[str] = "text"
    rank: ClassVar[int] = 28
    of_labels: ClassVar[bool] = True

    encoder: str | Encoder = HASH
    length: int = 0

    def __post_init__(self) -> None:
        if callable(self.encoder):
            object.__setattr__(self, "encoder", register_encoder(self.encoder))
        if not isinstance(self.encoder, str) or not self.encoder:
            raise DataError(f"the encoder {self.encoder!r:.80} is none; give 'hash', a function, or a model's folder")
        if isinstance(self.length, bool) or not isinstance(self.length, int) or not 0 <= self.length <= MOST_BYTES:
            raise DataError(f"a text's length is {self.length!r:.80}; give a number of bytes up to {MOST_BYTES}")

    # -- columns --------------------------------------------------------------------------------------------------

    @classmethod
    def infer(cls, column: Column) -> Self | None:
        own = column if column.lacks is None else column.present
        if own.pictures is not None or own.plainly_held is None or own.categories is not None or not is_prose(own):
            return None
        found = cls.of(column)
        warn_data(
            f"column {column.name} holds {len(own.distinct)} different texts in {len(column)} rows, such as "
            f"{cut(own.distinct[0])}; it is taken for free text, which models read by its words, and "
            f"types={{{column.name!r}: 'categorical'}} insists on labels"
        )
        return found

    @classmethod
    def of(cls, column: Column) -> Self:
        return cls().confirm(column)

    def confirm(self, column: Column) -> Self:
        check_encoder(column.name, str(self.encoder))
        strings = _strings(column)
        if self.length:
            return self
        longest = max((len(_bytes(text)) for text in pandas().unique(strings)), default=0)
        length = _STEP * (1 + int(_ROOM * longest) // _STEP)
        return replace(self, length=min(max(length, _LEAST), LONGEST))

    def numbers(self, column: Column) -> Array:
        """Which text each row has, by its first place.  Shape: (rows,) int64."""
        return np.asarray(pandas().factorize(_strings(column))[0], dtype=np.int64)

    def encode(self, column: Column, generator: np.random.Generator) -> Array:
        """Bytes plus one, then zeros.  Shape: (rows, length) uint8."""
        codes, found = pandas().factorize(_strings(column))
        return np.asarray(self._coded(found)[codes])

    def look(self, column: Column) -> None:
        strings = _strings(column)
        codes, found = pandas().factorize(strings)
        long = np.array([len(_bytes(text)) > self.length for text in found], dtype=bool)
        count = int(long[codes].sum()) if len(found) else 0
        if count:
            warn_data(
                f"column {column.name} holds texts of more than {self.length} bytes in {count} of {len(strings)} rows; "
                f"they are cut there, where models read them and where rows are drawn; Text(length=...) keeps more"
            )
        if len(found) and not any(text.strip() for text in found):
            warn_data(f"column {column.name} holds no text but white space; leave it out of the graph")

    # -- values ---------------------------------------------------------------------------------------------------

    def read(self, name: str, text: str) -> str:
        """The text itself."""
        return text

    def check_one(self, setting: Setting, value: Any) -> Array:
        values = list(setting.one_each(value))
        wrong = [one for one in values if not isinstance(one, str)]
        if wrong:
            raise DataError(f"{setting} is {shown(wrong)}, no text; give a string, or one for each sample")
        long = [text for text in values if len(_bytes(text)) > self.length]
        if long:
            warn_data(f"{setting} is {cut(long[0])}, longer than {self.length} bytes; it is cut there")
        return self._coded([str(one) for one in values])

    def decode_one(self, part: Array, out: Array) -> None:
        values = np.empty(len(part), dtype=object)
        values[:] = texts_of(part)
        out[...] = values

    def describe(self, value: Any) -> str:
        return cut(texts_of(np.asarray(value, dtype=np.uint8).reshape(1, -1))[0])

    # -- what others need to know -----------------------------------------------------------------------------------

    @property
    def layout(self) -> np.dtype[Any]:
        return np.dtype(object)

    def part(self, name: str) -> Part:
        return Part(name, dim=self.length, length=self.length, encoder=str(self.encoder))

    @property
    def spread(self) -> None:
        """None: there is no even law on texts; those of the rows are drawn instead."""
        return None

    def _coded(self, texts: Sequence[str]) -> Array:
        coded = np.zeros((len(texts), self.length), dtype=np.uint8)
        for row, text in zip(coded, texts, strict=True):
            own = np.frombuffer(_cut(_bytes(text), self.length), dtype=np.uint8)
            row[: len(own)] = own + 1  # no byte of UTF-8 is 255
        return coded


def texts_of(coded: Array) -> list[str]:
    """The texts that coded rows hold.  Shape: (rows, length) uint8.

    What is no UTF-8, as a model may write it, becomes replacement characters.
    """
    ends = np.where((coded == 0).any(1), (coded == 0).argmax(1), coded.shape[1]) if coded.shape[1] else [0] * len(coded)
    return [_text((row[:end] - 1).tobytes()) for row, end in zip(coded, ends, strict=True)]


def is_prose(column: Column) -> bool:
    """Whether strings are texts to be read and not labels, by how often they occur, how long they are and their form.

    Numbers and dates that are written as texts, codes, addresses of mail and names are labels.
    """
    values = column.plainly_held
    if values is None or values.ndim != 1 or values.dtype.kind != "O" or len(column.distinct) < FEW_LABELS:
        return False
    if not isinstance(values[0], str):
        return False
    if float(np.median(np.bincount(column.coded[0]))) >= ROWS_PER_LABEL:
        return False
    distinct = [str(text) for text in column.distinct]
    some = distinct[:: max(1, len(distinct) // _LOOKED_AT)]
    lengths = [_words(text) for text in some]
    middle = float(np.median(lengths))
    if middle < WORDS or meant_as(distinct) is not None:
        return False
    named = sum(map(_is_name, some)) / len(some)
    return middle > NAME_WORDS or named < CAPITALS


def _words(text: str) -> float:
    """How many words a text has; letters of scripts without spaces count for a part of one."""
    dense = len(_DENSE.findall(text[:LONGEST]))
    return len(_DENSE.sub("", text[:LONGEST]).split()) + dense / _LETTERS_PER_WORD


def _is_name(text: str) -> bool:
    """Whether every longer word begins with a capital and goes on without."""
    words = [word for word in text.split() if len(word) > 3 and word[0].isalpha()]
    return bool(words) and all(word[0].isupper() and not word.isupper() for word in words)


def _strings(column: Column) -> Array:
    """Shape: (rows,) of Python strings.  Raises DataError for a column of anything else."""
    values = column.values
    if values.ndim != 1 or values.dtype.kind != "O":
        raise DataError(f"column {column.name} holds no texts but {values.dtype} values; make them strings")
    if column.lacks is not None and MISSING in set(column.few.present.distinct):
        raise DataError(
            f"column {column.name} lacks values and has the text {MISSING!r} as well; rename the text, or say "
            f"missing_marks=[{MISSING!r}] if it is the same"
        )
    return values


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _cut(coded: bytes, length: int) -> bytes:
    """The first bytes, without a part of a letter at the end."""
    if len(coded) <= length:
        return coded
    end = length
    while end and coded[end] & 0xC0 == 0x80:
        end -= 1
    return coded[:end]


def _text(coded: bytes) -> str:
    try:
        return coded.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return coded.decode("utf-8", "replace")

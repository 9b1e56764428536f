"""The type of a column as a person types it."""

from __future__ import annotations

import re

from idgen_compiler.data.kinds.categorical import Categorical, Label
from idgen_compiler.data.kinds.image import Image
from idgen_compiler.data.kinds.numbers.numeric import read_type
from idgen_compiler.data.kinds.registry import TypeRequest
from idgen_compiler.data.kinds.texts import split
from idgen_compiler.errors import DataError

__all__ = ["read_request"]

_WHOLE = re.compile(r"(?P<kind>image|categorical)\((?P<said>.*)\)")


def read_request(name: str, text: str) -> TypeRequest:
    """The type that a person typed: a kind's word, a number with its ends and masses, an image's size, or labels.

    Labels that are all whole numbers, all numbers, or all true or false are those. Raises DataError for a size that is
    none, and for no label.

    >>> read_request("I", "image(3,16,16)"), read_request("X", "categorical(0,1)").labels
    (Image(channels=3, height=16, width=16), (0, 1))
    >>> read_request("X", 'categorical(low, "high, or more")').labels
    ('low', 'high, or more')
    """
    said = _WHOLE.fullmatch(text.strip())
    if said is None:
        return read_type(name, text)
    pieces = split(said["said"])
    if said["kind"] == "image":
        try:
            channels, height, width = map(int, pieces)
        except ValueError:
            raise DataError(
                f"types {name}={text}: write its channels, height and width, as in image(3,16,16)"
            ) from None
        return Image(channels, height, width)
    if not pieces or not all(pieces):
        raise DataError(f"types {name}={text}: a label is empty; write labels, as in categorical(no,yes)")
    return Categorical(tuple(_labels(pieces)))


def _labels(pieces: list[str]) -> list[Label]:
    if set(pieces) <= {"true", "false"}:
        return [piece == "true" for piece in pieces]
    for kind in (int, float):
        try:
            return [kind(piece) for piece in pieces]
        except ValueError:
            continue
    return list(pieces)

"""What makes numbers of texts: the names by which kinds of text, and saved files, call it.

`hash` is the project's own, `function NAME` a function of a user's, and anything else the folder of a model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError

__all__ = ["HASH", "Encoder", "check_encoder", "function_of", "register_encoder"]

Encoder = Callable[[Sequence[str]], Any]
"""Texts -> an array (texts, d) of numbers, the same for the same texts."""

HASH = "hash"
_FUNCTION = "function "

_FUNCTIONS: dict[str, Encoder] = {}


def register_encoder(function: Encoder, name: str | None = None) -> str:
    """Make a function known, and return what a kind of text calls it; by its own name where none is given.

    A saved sampler holds the name only: whoever loads it registers the function first.
    Raises DataError for what is no function.

    >>> register_encoder(lambda texts: [[float(len(text))] for text in texts], "lengths")
    'function lengths'
    """
    if not callable(function):
        raise DataError(f"the encoder {function!r:.80} is no function from texts to an array; give one")
    own = name or f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', type(function).__name__)}"
    if name is None:  # two functions without names of their own are told apart by their order
        others = [own, *(f"{own} {k}" for k in range(2, len(_FUNCTIONS) + 2))]
        own = next(n for n in others if _FUNCTIONS.get(n, function) is function)
    _FUNCTIONS[own] = function
    return f"{_FUNCTION}{own}"


def function_of(encoder: str) -> Encoder | None:
    """The function that an encoder names; None for one that is no function.

    Raises DataError for one that nobody registered in this process.
    """
    if not encoder.startswith(_FUNCTION):
        return None
    name = encoder.removeprefix(_FUNCTION)
    if name not in _FUNCTIONS:
        raise DataError(
            f"the encoder {name!r:.80} is a function, which no file holds; register it first, "
            f"by idgen_torch.register_encoder(function, {name!r:.80})"
        )
    return _FUNCTIONS[name]


def check_encoder(name: str, encoder: str) -> None:
    """Raise DataError for an encoder of the column `name` that is not there."""
    if encoder == HASH or function_of(encoder) is not None or Path(encoder).is_dir():
        return
    raise DataError(
        f"the encoder of {name} is {encoder!r:.80}, which is no folder here; give 'hash', a function, or the folder of "
        "a model of texts (nothing is fetched)"
    )

"""Warnings that point at the user's own line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from idgen_compiler.errors import DataWarning, OverlapWarning

__all__ = ["each_once", "overheard", "quietly", "warn_data", "warn_overlap", "warn_user"]

_OURS = ("idgen_torch", "idgen_exact", "idgen_null", "idgen_compiler")

_SILENT = ContextVar("silent", default=0)
"""In how many `quietly` one is."""


@contextmanager
def quietly() -> Iterator[None]:
    """No warnings of ours meanwhile, as where a table is read a second time.

    >>> with quietly():
    ...     warn_data("told before")
    """
    before = _SILENT.set(_SILENT.get() + 1)
    try:
        yield
    finally:
        _SILENT.reset(before)


_SAID: ContextVar[set[tuple[type[Warning], str]] | None] = ContextVar("said", default=None)
"""What was said within `each_once`; None outside it."""


@contextmanager
def each_once() -> Iterator[None]:
    """Nothing of ours is said twice meanwhile, as where one question is answered in several steps.

    >>> with warnings.catch_warnings(record=True) as caught, each_once():
    ...     warnings.simplefilter("always")
    ...     for _ in range(2):
    ...         warn_data("half of the rows are empty")
    >>> len(caught)
    1
    """
    if _SAID.get() is not None:
        yield
        return
    before = _SAID.set(set())
    try:
        yield
    finally:
        _SAID.reset(before)


_HEARD: ContextVar[tuple[tuple[list[tuple[type[Warning], str]], int], ...]] = ContextVar("heard", default=())
"""Who listens, and in how many `quietly` that began."""


@contextmanager
def overheard() -> Iterator[list[tuple[type[Warning], str]]]:
    """What is warned of meanwhile, with its category, each once, so that it can be said again; it is said now as well.

    What is to be said by nobody, within a `quietly` that begins later, is not heard either.

    >>> with quietly(), overheard() as said:
    ...     warn_data("half of the rows are empty")
    >>> [(category.__name__, text) for category, text in said]
    [('DataWarning', 'half of the rows are empty')]
    """
    said: list[tuple[type[Warning], str]] = []
    before = _HEARD.set((*_HEARD.get(), (said, _SILENT.get())))
    try:
        yield said
    finally:
        _HEARD.reset(before)


def warn_data(message: str) -> None:
    """Issue a DataWarning at the first line outside these packages that led here."""
    warn_user(message, DataWarning)


def warn_overlap(message: str) -> None:
    """Issue an OverlapWarning at the first line outside these packages that led here."""
    warn_user(message, OverlapWarning)


def warn_user(message: str, category: type[Warning]) -> None:
    """Issue a warning at the first line outside these packages that led here."""
    for said, silent in _HEARD.get():
        if _SILENT.get() == silent and (category, message) not in said:
            said.append((category, message))
    told = _SAID.get()
    if _SILENT.get() or (told is not None and (category, message) in told):
        return
    if told is not None:
        told.add((category, message))
    level, frame = 1, sys._getframe(0)  # level 1 is this function
    while frame.f_back is not None and frame.f_globals.get("__name__", "").split(".")[0] in _OURS:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)

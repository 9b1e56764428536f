"""What a piece of work tells while it runs, to whoever runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["heard_by", "tell"]

_HEARD: ContextVar[Callable[[Any], object] | None] = ContextVar("heard", default=None)


@contextmanager
def heard_by(listener: Callable[[Any], object]) -> Iterator[None]:
    """Meanwhile `tell` calls this, in this thread.

    >>> heard = []
    >>> with heard_by(heard.append):
    ...     tell({"step": 1})
    >>> tell({"step": 2})
    >>> heard
    [{'step': 1}]
    """
    before = _HEARD.set(listener)
    try:
        yield
    finally:
        _HEARD.reset(before)


def tell(event: Any) -> None:
    """Tell of something, as JSON holds it; nothing happens where nobody listens."""
    listener = _HEARD.get()
    if listener is not None:
        listener(event)

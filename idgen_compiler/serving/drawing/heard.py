"""What the library warns of while it works for a client, who is told; nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from idgen_compiler.warning import overheard, quietly

__all__ = ["heard"]


@contextmanager
def heard() -> Iterator[list[str]]:
    """The texts of what is warned of meanwhile, in order and each once, which are there at the end.

    >>> from idgen_compiler.warning import warn_data
    >>> with heard() as said:
    ...     warn_data("half of the rows are empty")
    ...     warn_data("half of the rows are empty")
    >>> said
    ['half of the rows are empty']
    """
    found: list[str] = []
    with quietly(), overheard() as said:
        try:
            yield found
        finally:
            found += [text for _, text in said]

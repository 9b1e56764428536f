"""What a reader says to bad input, as one text for a golden file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from idgen_compiler.errors import IdgenError

__all__ = ["transcript"]


def transcript(inputs: Iterable[str], read: Callable[[str], object], error: type[IdgenError]) -> str:
    """Each input with the message of the error that it must raise."""
    parts = []
    for text in inputs:
        with pytest.raises(error) as caught:
            read(text)
        parts.append("\n".join([*("> " + line for line in text.split("\n")), str(caught.value)]))
    return "\n\n".join(parts)

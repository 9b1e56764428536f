"""The rows of one answer in pieces, so that the first is there at once and memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idgen_compiler.hinge.samples import Samples
from idgen_compiler.serving.asked import SampleAsked

__all__ = ["cut_up", "pieces", "rows_at_once"]

MOST_ROWS, MOST_NUMBERS = 2**12, 2**20
"""A piece has at most so many rows, and at most so many numbers or pixels."""


def rows_at_once(asked: SampleAsked) -> int:
    """How many rows a piece has."""
    return max(1, min(MOST_ROWS, MOST_NUMBERS // max(asked.numbers, 1)))


def pieces(sampler: Any, asked: SampleAsked) -> Iterator[Samples]:
    """The samples that are asked for, in one piece or several, at least one.

    With a seed they are the draws of `sampler.sample(n, seed=...)`, with a batch size too those of `sampler.stream`;
    without a seed any draws of the law. Raises DataError, as `sample` does, when the first piece is drawn.
    """
    n, size = asked.n, rows_at_once(asked)
    stream: Any = getattr(sampler, "stream", None)
    if asked.batch_size is not None and n:
        return cut_up(stream(n, seed=asked.seed, batch_size=asked.batch_size, **asked.call), size)
    if n > size and stream is not None:
        size_of_pieces = {"batch_size": size} if asked.seed is None else {}
        return cut_up(stream(n, seed=asked.seed, **size_of_pieces, **asked.call), size)
    if n > size and asked.seed is None and _alike(asked):
        return (sampler.sample(min(size, n - start), **asked.call) for start in range(0, n, size))
    return cut_up((sampler.sample(n, seed=asked.seed, **asked.call) for _ in range(1)), size)


def _alike(asked: SampleAsked) -> bool:
    """Whether all samples are asked the same."""
    return not any(isinstance(value, list) for value in (*asked.do.values(), *asked.given.values()))


def cut_up(found: Iterator[Samples], size: int) -> Iterator[Samples]:
    """The same samples in pieces of at most so many rows.

    >>> import numpy as np
    >>> [piece["Y"].tolist() for piece in cut_up(iter([Samples({"Y": np.arange(5)})]), 2)]
    [[0, 1], [2, 3], [4]]
    """
    for piece in found:
        if piece.size <= size:
            yield piece
            continue
        for start in range(0, piece.size, size):
            yield Samples({name: values[start : start + size] for name, values in piece.items()})

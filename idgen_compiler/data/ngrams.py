"""Texts as numbers without a library or a download: hashed words and letters, and their principal directions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log, sqrt
from typing import Any
from zlib import crc32

import numpy as np

from idgen_compiler.data.arrays import Array

__all__ = ["BUCKETS", "Directions", "counts", "hashed"]

BUCKETS = 2**18
"""Words, pairs of words and letters are told apart by so many remainders of their CRC-32."""

MOST_BUCKETS = 2**14
"""So many that occur in two texts or more are kept, those of most texts first."""

_LETTERS = (3, 4)
_MOST_LETTERS = 4_000
"""Pieces of so many letters, of the first so many words: a longer text is known by its beginning and by its words."""

_TOKENS = re.compile(r"[^\W_]+|[^\w\s]")
_ROUNDS, _SPARE = 5, 16
_NOTHING = 1e-4
"""A direction that is so much narrower than the widest one is none."""


@lru_cache(maxsize=2**14)
def hashed(text: str) -> dict[int, float]:
    """Bucket -> weight of the words, neighboring pairs of them and pieces of 3 and 4 letters of a text.

    Both blocks, of words and of letters, have length one; a piece that occurs c times weighs 1 + log c. Letters count
    for what has no spaces, for misspelt and for inflected words. Capitals do not matter.
    """
    words = _TOKENS.findall(text.casefold())
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    padded = [f" {word} " for word in words[:_MOST_LETTERS]]
    letters = [f"~{word[k : k + size]}" for word in padded for size in _LETTERS for k in range(len(word) - size + 1)]
    found: dict[int, float] = {}
    for block in ([*words, *pairs], letters):
        own: dict[int, int] = {}
        for piece in block:
            bucket = crc32(piece.encode("utf-8", "surrogatepass")) % BUCKETS
            own[bucket] = own.get(bucket, 0) + 1
        length = sqrt(sum((1 + log(count)) ** 2 for count in own.values()))
        for bucket, count in own.items():
            found[bucket] = found.get(bucket, 0.0) + (1 + log(count)) / length
    return found


def counts(texts: Sequence[str], buckets: Array, idf: Array) -> Any:
    """Texts over some buckets, each row of length one or empty.  Shape: (texts, buckets), a sparse array of SciPy."""
    from scipy.sparse import csr_array

    place = {int(bucket): k for k, bucket in enumerate(buckets)}
    weights, columns, ends = [], [], [0]
    for text in texts:
        own = [(place[bucket], weight) for bucket, weight in hashed(text).items() if bucket in place]
        values = [weight * float(idf[column]) for column, weight in own]
        length = sqrt(sum(value * value for value in values)) or 1.0
        columns += [column for column, _ in own]
        weights += [value / length for value in values]
        ends.append(len(columns))
    entries = np.array(weights), np.array(columns, dtype=np.int64), np.array(ends, dtype=np.int64)
    return csr_array(entries, shape=(len(texts), len(buckets)))


@dataclass(frozen=True, eq=False)
class Directions:
    """Texts along the principal directions of those that it was made from, the widest first.

    Source: Deerwester et al. (1990), "Indexing by latent semantic analysis", of hashed pieces (Weinberger et al. 2009).
    Shape: buckets (v,) int64 ascending, idf (v,) float32, axes (v, k) float32, center (k,) float32.

    >>> texts = ["no fever today", "high fever today", "no cough", "bad cough"] * 5
    >>> Directions.of(texts, [1] * 20, 2)(["no cough"]).shape
    (1, 2)
    """

    buckets: Array
    idf: Array
    axes: Array
    center: Array

    @classmethod
    def of(cls, texts: Sequence[str], times: Sequence[float], most: int) -> Directions:
        """At most so many directions of texts that occur so many times each."""
        weight = np.asarray(times, dtype=np.float64)
        total = float(weight.sum())
        seen: dict[int, float] = {}
        for text, often in zip(texts, weight.tolist(), strict=True):
            for bucket in hashed(text):
                seen[bucket] = seen.get(bucket, 0.0) + often
        common = sorted((b for b, often in seen.items() if often >= 2), key=lambda b: (-seen[b], b))
        buckets = np.array(sorted(common[:MOST_BUCKETS]), dtype=np.int64)
        idf = np.array([log(total / seen[int(b)]) + 0.3 for b in buckets], dtype=np.float32)
        own = counts(texts, buckets, idf)
        mean = np.asarray(own.T @ weight) / total
        width = min(most, len(buckets), len(texts))
        axes = _principal(own, mean, np.sqrt(weight / total), width)
        return cls(buckets, idf, axes.astype(np.float32), (mean @ axes).astype(np.float32))

    def __call__(self, texts: Sequence[str]) -> Array:
        """Where texts lie.  Shape: -> (texts, k) float32."""
        if not len(texts):
            return np.zeros((0, self.axes.shape[1]), dtype=np.float32)
        along = counts(texts, self.buckets, self.idf) @ self.axes.astype(np.float64)
        return np.asarray(along - self.center, dtype=np.float32)


def _principal(rows: Any, mean: Array, weight: Array, width: int) -> Array:
    """Right singular vectors of centered rows, by random projections; no more than their rank.

    Shape: -> (columns, up to width).

    Source: Halko, Martinsson and Tropp (2011), algorithm 4.4.
    """
    if not width:
        return np.zeros((rows.shape[1], 0))

    def forth(directions: Array) -> Array:
        return np.asarray(weight[:, None] * (rows @ directions - mean @ directions))

    def back(values: Array) -> Array:
        own = weight[:, None] * values
        return np.asarray(rows.T @ own - np.outer(mean, own.sum(0)))

    start = np.random.default_rng(0).normal(size=(rows.shape[1], width + _SPARE))
    basis = np.linalg.qr(forth(start))[0]
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(forth(np.linalg.qr(back(basis))[0]))[0]
    _, spread, right = np.linalg.svd(back(basis).T, full_matrices=False)
    axes = right[:width][spread[:width] > _NOTHING * max(float(spread[0]), _NOTHING)].T
    if not axes.shape[1]:
        return np.zeros((rows.shape[1], 0))
    # The sign of a singular vector is arbitrary: the largest entry is positive.
    largest = np.abs(axes).argmax(0)
    return np.asarray(axes * np.sign(axes[largest, np.arange(axes.shape[1])] + 1e-300))

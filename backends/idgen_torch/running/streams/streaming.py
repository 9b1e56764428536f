"""What a sampler has beside `sample`: pieces as they are drawn, and a data set for training loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from idgen_compiler.hinge.question import checked_seed
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.query import Query
from idgen_torch.running.streams.dataset import SampleDataset
from idgen_torch.running.streams.pieces import pieces_of

__all__ = ["Streaming"]


class Streaming:
    """The streams of a sampler, which says how batches are drawn."""

    _streamed: Callable[..., Iterator[Samples]]  #: pieces and seed, and by name n, do, given and query

    def stream(
        self,
        n: int | None,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
        query: Query | str | None = None,
        batch_size: int | None = None,
    ) -> Iterator[Samples]:
        """Draw n samples piece by piece, so that any number of them fits into memory; for None without an end.

        Without a `batch_size` these are the draws of `sample`, in pieces that are drawn fastest, the first of which may
        take a while. With one each piece has so many samples, and is drawn when it is taken, from a seed of its own:
        equal seeds and sizes give equal pieces. Raises DataError as `sample` does, and for a size that is none; warns
        as `sample` does.

        >>> import numpy as np, idgen_compiler as idgen
        >>> x = np.arange(60) % 2
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        >>> sampler = program.fit({"X": x, "Y": 1 - x}, progress=False)
        >>> [piece.size for piece in sampler.stream(10, do={"X": 1}, seed=0, batch_size=4)]
        [4, 4, 2]
        """
        if n is None and batch_size is None:
            batch_size = 256
        pieces = None if batch_size is None else pieces_of(batch_size, n is None)
        return self._streamed(pieces, seed, n=n, do=do, given=given, query=query)

    def piece(self, number: int, n: int, seed: int, batch_size: int, **asked: Any) -> Samples:
        """One piece of `stream`, by its number, of a stream of n samples; whoever draws it gets the same.

        asked: do, given and query, as in `stream`.
        """
        mine = replace(pieces_of(batch_size, False), first=number, of=n // batch_size + 1)
        asked = {"do": None, "given": None, "query": None, **asked}
        return next(self._streamed(mine, checked_seed(seed), n=n, **asked))

    def dataset(
        self,
        n: int | None,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int = 0,
        query: Query | str | None = None,
        batch_size: int = 256,
    ) -> SampleDataset:
        """The pieces of `stream` as an iterable data set of torch, which workers of a `DataLoader` share out.

        Give the loader `batch_size=None`, since each item is a batch. Raises DataError as `stream` does, when it is
        iterated over.

        >>> import numpy as np, idgen_compiler as idgen
        >>> x = np.arange(60) % 2
        >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        >>> sampler = program.fit({"X": x, "Y": 1 - x}, progress=False)
        >>> next(iter(sampler.dataset(None, do={"X": 1}, batch_size=3)))
        {'Y': tensor([0, 0, 0])}
        """
        draw = partial(self._streamed, n=n, do=do, given=given, query=query)
        return SampleDataset(draw, pieces_of(batch_size, n is None), checked_seed(seed))

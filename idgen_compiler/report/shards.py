"""Many samples as a data set of Ray Data, whose pieces the workers of a cluster draw."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from idgen_compiler.data.atomic import check_room, followed
from idgen_compiler.errors import DataError, PlaceError
from idgen_compiler.hinge.question import checked_seed
from idgen_compiler.hinge.saved import load
from idgen_compiler.report.tables import in_parquet

__all__ = ["sampled_by_ray", "written_by_ray"]

SIZE = 2**16
"""Samples of a piece."""


def sampled_by_ray(
    folder: str | os.PathLike[str],
    n: int,
    do: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    seed: int = 0,
    query: str | None = None,
    batch_size: int = SIZE,
) -> Any:
    """A `ray.data.Dataset` of n samples of the sampler that was saved in a folder, which all machines have to see.

    They are those of `sampler.stream(n, ..., batch_size=batch_size)`, in that order, whoever draws which piece, since
    each piece has a seed of its own; nothing is drawn before the data set is used. Values of `do` and `given` are one
    for all samples. Ray is joined as it does by itself; `ray.init` says where. Columns are those of a Parquet file.

    Raises DataError as the sampler does, for a first sample of it, and PlaceError where Ray Data is not installed.
    """
    try:
        import ray.data
    except ImportError:
        raise PlaceError("this needs Ray Data; install it with: pip install 'idgen-compiler[ray]'") from None
    where = os.path.abspath(folder)
    asked = {"do": dict(do or {}), "given": dict(given or {}), "seed": checked_seed(seed), "query": query}
    _sampler(where).sample(min(n, 1), **asked)  # what is wrong is said here, and not by a worker

    def draw(piece: Mapping[str, Any]) -> Mapping[str, Any]:
        first = batch_size * int(piece["id"][0])
        return _drawn(where, asked, first // batch_size, min(n, first + batch_size), batch_size)

    context = ray.data.DataContext.get_current()
    before, context.execution_options.preserve_order = context.execution_options.preserve_order, True
    try:
        return ray.data.range(math.ceil(n / batch_size)).map_batches(draw, batch_size=1)
    finally:
        context.execution_options.preserve_order = before


def _drawn(where: str, asked: Mapping[str, Any], piece: int, end: int, size: int) -> dict[str, Any]:
    """One piece, in a worker: the last of a stream that ends with it."""
    samples = _sampler(where).piece(piece, end, batch_size=size, **asked)
    return in_parquet(samples)


@lru_cache(maxsize=1)
def _sampler(where: str) -> Any:
    """The sampler that was saved in a folder, read once by each worker."""
    sampler = load(where)
    if not hasattr(sampler, "piece"):
        raise DataError(f"the sampler in {where} does not draw piece by piece; use one of the backend 'torch'")
    return sampler


def written_by_ray(folder: str | os.PathLike[str], n: int, out: Path, **asked: Any) -> None:
    """The samples of `sampled_by_ray` as Parquet files in a new folder, which all machines have to see.

    Raises DataError for a folder that holds something already, and as `sampled_by_ray` does.
    """
    target = followed(out)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise DataError(f"--out {out} is there already; --place ray writes a folder of Parquet files: give a new one")
    found = sampled_by_ray(folder, n, **asked)
    check_room(target.parent)
    found.write_parquet(str(target))

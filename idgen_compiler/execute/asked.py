"""The place that somebody asks for: by a word, or itself."""

from __future__ import annotations

from collections.abc import Callable

from idgen_compiler.errors import PlaceError, near_misses
from idgen_compiler.execute.cluster import Ray
from idgen_compiler.execute.place import HERE, Here, Place, Workers
from idgen_compiler.execute.processes import Processes

__all__ = ["place_of"]


def _here(workers: int | None, address: str | None, workers_per_model: int | None) -> Place:
    if workers is not None:
        raise PlaceError(f"workers is {workers!r:.80}, and place='here' has none; add place='processes'")
    return HERE


def _processes(workers: int | None, address: str | None, workers_per_model: int | None) -> Place:
    return Processes(workers)


def _ray(workers: int | None, address: str | None, workers_per_model: int | None) -> Place:
    return Ray(address, workers=workers, workers_per_model=1 if workers_per_model is None else workers_per_model)


_PLACES: dict[str, Callable[[int | None, str | None, int | None], Place]] = {
    "here": _here,
    "processes": _processes,
    "ray": _ray,
}


def place_of(
    asked: str | Place,
    workers: int | None = None,
    address: str | None = None,
    workers_per_model: int | None = None,
) -> Place:
    """The place of a word, with so many workers and, of a cluster, its address; or the place that it is.

    workers_per_model: how many workers of a cluster train one model together, where that can be.
    Raises PlaceError for what is none, and for workers or an address where there can be none.

    >>> place_of("processes", workers=4).workers
    4
    """
    if not isinstance(asked, str):
        if not isinstance(asked, Here | Workers):
            raise PlaceError(f"place is {asked!r:.80}; give one of {', '.join(_PLACES)}, or a place as `Workers` says")
        if workers is not None or address is not None or workers_per_model is not None:
            raise PlaceError("place is an object, which has its workers already; say them and address where it is made")
        return asked
    if asked not in _PLACES:
        raise PlaceError(f"there is no place {asked!r:.80}{near_misses(asked, _PLACES)}")
    if address is not None and asked != "ray":
        raise PlaceError(f"address is {address!r:.80}, which place='ray' has alone")
    if workers_per_model is not None and asked != "ray":
        raise PlaceError(
            f"workers_per_model is {workers_per_model!r:.80}, which place='ray' has alone; without an address it is a "
            "cluster of this machine, with all its cores and GPUs"
        )
    return _PLACES[asked](workers, address, workers_per_model)

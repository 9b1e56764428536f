"""Which GPU a worker sees: the workers of a machine share its GPUs in turn."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.errors import PlaceError

__all__ = ["seen_by"]


def seen_by(worker: int, devices: Sequence[str], visible: str | None = None) -> str | None:
    """What the worker of a number has as CUDA_VISIBLE_DEVICES; None where no GPUs are shared.

    devices: as this process calls them (`cuda:1`).  visible: its own CUDA_VISIBLE_DEVICES, whose entries they number.

    >>> [seen_by(worker, ["cuda:0", "cuda:1"]) for worker in range(3)]
    ['0', '1', '0']
    >>> seen_by(0, ["cuda:1"], visible="4,GPU-6f")
    'GPU-6f'
    """
    if not devices:
        return None
    name = devices[worker % len(devices)]
    kind, _, index = name.partition(":")
    if kind != "cuda" or not (index.isdecimal() or not index):
        raise PlaceError(f"{name!r} is no GPU that a worker can be given; name such as cuda:0, cuda:1")
    number = int(index or 0)
    entries = [entry.strip() for entry in visible.split(",")] if visible else None
    if entries is None:
        return str(number)
    if number >= len(entries):
        raise PlaceError(f"there is no {name}: CUDA_VISIBLE_DEVICES={visible} has {len(entries)}")
    return entries[number]

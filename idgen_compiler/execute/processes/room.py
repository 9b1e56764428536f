"""How much memory is left on this machine, or in the container that this process is confined to."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

__all__ = ["cores_here", "memory_left", "scratch_in"]

_GROUP = Path("/sys/fs/cgroup")


def memory_left(machine: Path = Path("/proc/meminfo"), group: Path = _GROUP) -> int | None:
    """Bytes that processes may still take: what the machine has free, or its container, whichever is less.

    None where the system does not say.
    """
    found: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        lines = machine.read_text("utf-8").splitlines()
        found.append(next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")))
    with suppress(OSError, ValueError):
        most, used = ((group / name).read_text("utf-8").strip() for name in ("memory.max", "memory.current"))
        if most != "max":
            cache = dict(line.split() for line in (group / "memory.stat").read_text("utf-8").splitlines())
            found.append(max(0, int(most) - int(used) + int(cache.get("inactive_file", 0))))
    if not found and hasattr(os, "sysconf"):
        with suppress(OSError, ValueError):
            found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(found, default=None)


def cores_here() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def scratch_in(size: int, shared: Path = Path("/dev/shm")) -> str | None:
    """Where files of so many bytes, which processes hand each other and nobody keeps, are best made.

    In shared memory, which no disk has to be waited for, where there is ten times that room; None for the usual place.
    """
    with suppress(OSError):
        if os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 10 * size:
            return str(shared)
    return None

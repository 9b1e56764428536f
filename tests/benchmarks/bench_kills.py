"""Processes killed by SIGKILL, or interrupted, at random moments while they write, and readers that look meanwhile.

Each kill falls into the writing of what is on the disk already, or into a fit with a store. Lost counts kills after
which what is there cannot be read, something that a store had is made again, or the same work, done once more, makes
something else (for fits: samples that are not equal bit by bit). Left lying counts those after which anything but the
work's own files is in the folder, once the work was done again; of a store an empty folder or half a file, which
`idgen store gc` sweeps. On a full disk every write fails from a random one on; a fit has to say so or to end as it
would. A reader that polls loads a sampler, and looks for its header, while one process saves over it all the time, or
three do; missed counts the looks that found none, or an error.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random

import idgen_compiler as idgen
from idgen_compiler.errors import IdgenError
from idgen_compiler.hinge.saved import HEADER
from tests.benchmarks.report import Row
from tests.kills import KINDS, Kind, at_work, killed

__all__ = ["run"]


def run(quick: bool) -> list[Row]:
    rows = [_kills(kind, 2 if quick else kind.kills) for kind in KINDS.values()]
    saving = KINDS["save over a saved sampler"]
    return [*rows, *(_looks(saving, savers, 0.5 if quick else 20.0) for savers in (1, 3))]


def _kills(kind: Kind, kills: int) -> Row:
    random, found, start = Random(kind.name), [], time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        for k in range(kills):
            folder = Path(scratch) / (str(k) if not kind.forever else "one")
            folder.mkdir(exist_ok=True)
            if kind.forever and not k:
                kind.work(folder)
            found.append(killed(kind, folder, random))
    return {
        "what": kind.name,
        "kills": kills,
        "lost": sum(bool(outcome.lost) for outcome in found),
        "left lying": sum(bool(outcome.left) for outcome in found),
        "looks": None,
        "missed": None,
        "seconds": time.perf_counter() - start,
    }


def _looks(kind: Kind, savers: int, seconds: float) -> Row:
    looks = missed = 0
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder, start = Path(scratch), time.perf_counter()
        kind.work(folder)
        for _ in range(savers):
            stack.enter_context(at_work(kind, folder))
        while time.perf_counter() - start < seconds:
            looks += 2
            missed += not (folder / "sampler" / HEADER).exists()
            try:
                idgen.load(folder / "sampler")
            except (IdgenError, OSError):
                missed += 1
    what = f"a reader that polls while {savers} {'saves' if savers == 1 else 'save'}"
    return {"what": what, "looks": looks, "missed": missed, "seconds": seconds}

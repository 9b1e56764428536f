"""What it takes to read hostile samplers: a process that may hold so much memory more than before it began."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import idgen_compiler as idgen
from idgen_compiler.errors import DataError
from idgen_compiler.hinge.saved import HEADER
from tests.fuzz import hostile
from tests.fuzz.folders import exact_folders, image_folders, null_folders, torch_folders

__all__ = ["MEMORY", "cases", "main"]

MEMORY = 300 * 2**20
"""So many bytes more than before may be asked for."""

Files = Mapping[str, bytes]


def cases(scratch: Path) -> Iterator[tuple[str, str, Files]]:
    """Backend, harm, and the files of a sampler that has it; what leaves a sampler as it was is left out."""
    exact, null = exact_folders(scratch), null_folders(scratch)
    torch = [*torch_folders(scratch).seeds, *image_folders(scratch).seeds]
    for backend, seeds in (("exact", exact.seeds), ("null", null.seeds), ("torch", torch)):
        for files in seeds:
            yield from _of_one(backend, files)


def _of_one(backend: str, files: Files) -> Iterator[tuple[str, str, Files]]:
    known = {HEADER: hostile.HEADERS} | ({"kernels.json": hostile.EXACT} if backend == "exact" else {})
    for name, changes in known.items():
        plain = hostile.changed(files, name, lambda value: None)
        for harm, change in changes.items():
            try:
                found = hostile.changed(files, name, change)
            except (KeyError, AttributeError):  # it has no such part
                continue
            if found != plain:
                yield backend, harm, found
    if backend == "torch":
        plain = hostile.with_tensors(files, lambda values: values)
        for harm, tensors in hostile.TENSORS.items():
            if (made := hostile.with_tensors(files, tensors)) != plain:
                yield backend, harm, made


def read(files: Files, folder: Path) -> str:
    """What becomes of a sampler: `refused`, `read` where it loads and draws, or the name of what escapes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        idgen.load(folder).sample(2, do={"X": 1}, seed=0)
    except DataError as error:
        return "refused" if str(error).strip() else "no message"
    except Exception as error:  # noqa: BLE001  # every kind of escape is what this looks for
        return f"{type(error).__name__}: {error}"[:200]
    return "read"


def main(*harms: str) -> None:
    """Print what became of each sampler, of some harms or of all, in how many seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        found = [case for case in cases(Path(scratch)) if not harms or case[1] in harms]
        for header in Path(scratch).glob(f"*/{HEADER}"):
            idgen.load(header.parent).sample(2, do={"X": 1}, seed=0)  # libraries are imported
        held = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, resource.RLIM_INFINITY))
        for backend, harm, files in found:
            began = time.perf_counter()
            became = read(files, Path(scratch) / "read")
            print(f"{backend}\t{harm}\t{time.perf_counter() - began:.3f}\t{became}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Jobs that a process lends to workers: folders in a store, under a claim, that go when the job or its process does."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from idgen_compiler.store.claims import Claims
from idgen_compiler.store.files import Files

__all__ = ["abandoned_jobs", "lent_folder"]


@contextmanager
def lent_folder(files: Files) -> Iterator[str]:
    """The name of a folder for others to read, which is gone afterwards."""
    token = uuid.uuid4().hex
    with Claims(files).held(token, lambda: False):
        try:
            yield f"jobs/{token}"
        finally:
            files.remove(f"jobs/{token}")


def abandoned_jobs(files: Files) -> list[str]:
    """The folders that nobody lends any more: their processes were killed."""
    claims = Claims(files)
    jobs = {name: claims.holder(name) for name in files.names("jobs")}
    return [f"jobs/{name}" for name, holder in jobs.items() if holder is None or holder.is_gone]

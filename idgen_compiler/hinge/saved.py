"""Saved samplers: the header that says which backend reads a folder, and the one door through which all are loaded."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from idgen_compiler.errors import DataError
from idgen_compiler.hinge.backend import Sampler, find_backend
from idgen_compiler.ir.program import Program

__all__ = ["HEADER", "load", "read_header", "read_json", "write_header", "write_json"]

HEADER = "sampler.json"
"""The file of a saved sampler that says which backend reads it, and holds the program."""

FORMAT = "idgen-sampler/2"


def write_json(file: Path, content: Any) -> None:
    """Write a JSON file of a saved sampler."""
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_json(file: Path) -> Any:
    """The value in a JSON file of a saved sampler.  Raises DataError for a file that is missing or no JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read ({error}); save the sampler again") from None


def write_header(path: Path, backend: str, program: Program, **details: Any) -> None:
    """Write the header of a saved sampler into a folder."""
    write_json(path / HEADER, {"format": FORMAT, "backend": backend, "program": str(program), **details})


def read_header(path: str | Path) -> dict[str, Any]:
    """The header of a saved sampler.  Raises DataError when the folder holds none that can be read."""
    file = Path(path) / HEADER
    if not os.path.exists(file):  # which answers for any path, also one that may not be looked at
        raise DataError(f"{Path(path)} holds no saved sampler ({HEADER} is missing); give the folder that save() wrote")
    header = read_json(file)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else type(header).__name__
        raise DataError(
            f"{file} has format {found!r}, this version reads {FORMAT!r}; fit the program again and save it"
        )
    for key in ("backend", "program"):
        if not isinstance(header.get(key), str):
            raise DataError(f"{file} lacks its {key!r}; save the sampler again")
    return header


def load(path: str | Path) -> Sampler:
    """Read a saved sampler with the backend that wrote it; nothing in the files is executed.

    Raises DataError for a folder that is truncated or tampered with, IdgenError for a missing backend.

    >>> import tempfile
    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    >>> sampler = program.fit(idgen.Joint(("X", "Y"), [[0.25, 0.25], [0.0, 0.5]]), backend="exact")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sampler.save(folder)
    ...     loaded = idgen.load(folder)
    >>> loaded.sample(3, do={"X": 1})["Y"].tolist()
    [1, 1, 1]
    """
    return find_backend(read_header(path)["backend"]).load(Path(path))

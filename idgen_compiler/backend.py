"""The hinge to the backends: what one offers, and how it is found.

A backend is an entry point of the group `idgen_compiler.backends` that names a class with a no-argument constructor
and the methods of `Backend`. The compiler imports none of them until one is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from idgen_compiler.errors import DataError, IdgenError, near_misses

if TYPE_CHECKING:
    import pandas as pd

    from idgen_compiler.ir.program import Program

__all__ = ["HEADER", "Backend", "Sampler", "Samples", "find_backend", "load", "read_header", "write_header"]

GROUP = "idgen_compiler.backends"
HEADER = "sampler.json"
"""The file of a saved sampler that says which backend reads it, and holds the program."""

FORMAT = "idgen-sampler/1"


class Samples(Mapping[str, np.ndarray]):
    """Samples by variable: each an array with one entry (or one row, for vectors) for every sample.

    A variable that is made of several columns is a structured array, with one field a column.
    """

    def __init__(self, columns: Mapping[str, np.ndarray]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self._columns[name]
        except KeyError:
            raise KeyError(f"no samples of {name!r}{near_misses(name, self._columns)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def size(self) -> int:
        """How many samples there are."""
        return len(next(iter(self._columns.values()), ()))

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with one column a variable.

        Array-valued variables become columns of arrays; the fields of a structured one become columns `variable.field`.
        """
        import pandas as pd

        flat: dict[str, np.ndarray] = {}
        for name, values in self._columns.items():
            fields = values.dtype.names
            flat |= {f"{name}.{field}": values[field] for field in fields} if fields else {name: values}
        return pd.DataFrame({k: v if v.ndim == 1 else list(v) for k, v in flat.items()})

    def __repr__(self) -> str:
        return f"Samples({self.size} of {', '.join(self._columns)})"


class Sampler(Protocol):
    """A fitted program."""

    @property
    def program(self) -> Program:
        """The program that was fitted."""
        ...

    def sample(
        self,
        n: int,
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> Samples:
        """Draw n samples; each do- and given-value is one value, or one per sample."""
        ...

    def read_value(self, name: str, text: str) -> Any:
        """The value of a variable that a person typed, as `sample` takes it: a label, a number, or several by commas.

        Raises DataError for a text that is no value of the variable.
        """
        ...

    def save(self, path: str | Path) -> None:
        """Write the sampler into a new folder, without pickle."""
        ...


class Backend(Protocol):
    """What fits programs."""

    def fit(self, program: Program, data: Any, **options: Any) -> Sampler:
        """Train the program's models on data."""
        ...

    def load(self, path: Path) -> Sampler:
        """Read what a sampler's `save` wrote."""
        ...


def find_backend(name: str) -> Backend:
    """The backend of a name.  Raises IdgenError for one that is not installed."""
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        raise IdgenError(f"no backend {name!r} is installed{near_misses(name, known)}")
    try:
        backend: Backend = known[name].load()()
    except ImportError as error:
        raise IdgenError(
            f"the backend {name!r} needs {error.name or error}; install it with: pip install 'idgen-compiler[{name}]'"
        ) from error
    return backend


def write_header(path: Path, backend: str, program: Program, **details: Any) -> None:
    """Write the header of a saved sampler into a folder."""
    header = {"format": FORMAT, "backend": backend, "program": str(program), **details}
    (path / HEADER).write_text(json.dumps(header, indent=2) + "\n", encoding="utf-8")


def read_header(path: str | Path) -> dict[str, Any]:
    """The header of a saved sampler.  Raises DataError when the folder holds none that can be read."""
    folder = Path(path)
    try:
        header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"{folder} holds no saved sampler ({HEADER} is missing); give the folder that save() wrote"
        ) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{folder / HEADER} cannot be read ({error}); save the sampler again") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else type(header).__name__
        raise DataError(f"{folder / HEADER} has format {found!r}, this version reads {FORMAT!r}")
    for key in ("backend", "program"):
        if not isinstance(header.get(key), str):
            raise DataError(f"{folder / HEADER} lacks its {key!r}; save the sampler again")
    return header


def load(path: str | Path) -> Sampler:
    """Read a saved sampler with the backend that wrote it; nothing in the files is executed.

    Raises DataError for a folder that is truncated or tampered with, IdgenError for a missing backend.
    """
    return find_backend(read_header(path)["backend"]).load(Path(path))

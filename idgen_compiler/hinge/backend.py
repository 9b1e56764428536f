"""What a backend offers, and how it is found.

A backend is an entry point of the group `idgen_compiler.backends` that names a class with a no-argument constructor
and the methods of `Backend`. The compiler imports none of them until one is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from idgen_compiler.data.schema import Schema
from idgen_compiler.errors import IdgenError, near_misses
from idgen_compiler.hinge.installed import entry_points
from idgen_compiler.hinge.probability import Probabilities
from idgen_compiler.hinge.samples import Samples
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query

__all__ = ["Backend", "Sampler", "find_backend", "installed_backends", "schema_of"]

GROUP = "idgen_compiler.backends"


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
        query: Query | str | None = None,
    ) -> Samples:
        """Draw n samples; each do- and given-value is one value, or one per sample.

        `query` may be left out where the program answers one. What is wrong with a call is said by `question`, in the
        same words for every backend.
        """
        ...

    def probability(
        self,
        outcome: str | Sequence[str],
        do: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        query: Query | str | None = None,
        n: int = 10_000,
        seed: int | None = None,
    ) -> Probabilities:
        """The law of one or several discrete outcomes of a query, without counting samples where it can be had.

        `do` and `given` are as in `sample`; where a value is an array with one for each of several rows, there is a law
        for each. `n` and `seed` are of what has to be drawn, for each law.
        """
        ...

    def read_value(self, name: str, text: str) -> Any:
        """The value of a variable that a person typed, as `sample` takes it: a label, a number, or several by commas.

        Raises DataError for a text that is no value of the variable.
        """
        ...

    def save(self, path: str | Path) -> None:
        """Write the sampler into a folder, without pickle, in the place of a saved sampler (see `hinge.saved.saving`).

        Raises DataError where anything else is there, or it cannot be written.
        """
        ...


class Backend(Protocol):
    """What fits programs."""

    def fit(self, program: Program, data: Any, **options: Any) -> Sampler:
        """Train the program's models on data, which `hinge.source.data_of` finds where the program names a source."""
        ...

    def load(self, path: Path, /, **options: Any) -> Sampler:
        """Read what a sampler's `save` wrote; options that it declares are handed on by `idgen.load`."""
        ...


def schema_of(sampler: object) -> Schema | None:
    """The types of the variables, which samplers of tables have as `schema`; None where a sampler does not say them.

    >>> schema_of(object()) is None
    True
    """
    schema = getattr(sampler, "schema", None)
    return schema if isinstance(schema, Schema) else None


def installed_backends() -> tuple[str, ...]:
    """The names of the backends that are installed, sorted; none of them is imported.

    >>> "exact" in installed_backends()
    True
    """
    return tuple(sorted({point.name for point in entry_points(GROUP)}))


def find_backend(name: str) -> Backend:
    """The backend of a name.  Raises IdgenError for one that is not installed.

    >>> type(find_backend("exact")).__name__
    'ExactBackend'
    """
    known = {point.name: point for point in entry_points(GROUP)}
    if name not in known:
        raise IdgenError(f"no backend {name!r:.80} is installed{near_misses(str(name), known)}")
    try:
        backend: Backend = known[name].load()()
    except ImportError as error:
        package = known[name].dist
        ours = package is None or package.name == "idgen-compiler"
        remedy = f"install it with: pip install 'idgen-compiler[{name}]'" if ours else "mend or reinstall its package"
        raise IdgenError(f"the backend {name!r} needs {error.name or error}; {remedy}") from error
    return backend

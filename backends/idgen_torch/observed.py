"""The rows that a program was fitted to, and where their table lies, so that a loaded sampler can read it again."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, from_numpy

from idgen_compiler.check.columns import CodedColumn
from idgen_compiler.data.kinds import Atom
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import (
    Schema,
    TypeRequest,
    images_among,
    infer_schema,
    numbers_among,
    types_of_read,
)
from idgen_compiler.data.sources import read_weighed
from idgen_compiler.data.tables import Table, open_table
from idgen_compiler.errors import DataError, DataWarning
from idgen_compiler.warning import overheard, quietly
from idgen_torch.arithmetic import effective_rows
from idgen_torch.parts import Values
from idgen_torch.tensors import encode_sources

__all__ = ["Observed", "Origin", "fingerprint", "read_again", "read_beside", "read_observed"]


@dataclass(frozen=True)
class Origin:
    """Where observed rows came from, as a saved sampler says it.

    `path` is that of the table's file, empty where it came from none. `reading` says how it was read, `composites`
    which columns make a variable; `unsaid` are options that no file holds, such as weights that were an array.
    """

    fingerprint: str
    path: str = ""
    seed: int = 0
    composites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    unsaid: tuple[str, ...] = ()

    def kinds(self, schema: Schema, variables: Sequence[str]) -> dict[str, Atom]:
        """The kind of each column, by its name in the user's table.  Raises DataError where columns are no fields."""
        found: dict[str, Atom] = {}
        for name in variables:
            own = {"": name}
            if name in self.composites:
                own = {column.removeprefix(f"{name}."): column for column in self.composites[name]}
            kinds = {atom.field: atom.kind for atom in schema[name].atoms(name)}
            if kinds.keys() != own.keys():
                raise DataError(f"the saved columns of {name} are not its fields; save the sampler again")
            found |= {own[field]: kind for field, kind in kinds.items()}
        return found


@dataclass(frozen=True, eq=False)
class Observed:
    """The rows of a table as models see them, by part, and how much each counts.

    Shape: rows as in `Values`; weights (rows,) float64, survey weights of mean one, or None where all rows count alike.
    `beside` has some rows of all columns that the graph names, as tests of the graph read them; nothing where nobody
    wanted such tests, or the sampler was loaded. `told` is what the fit was warned of when it read the columns.
    Rows whose weights are frequencies (`frequency`) stand there as often as these say, and then count alike.
    """

    rows: Values = field(repr=False)
    weights: Tensor | None = field(default=None, repr=False)
    frequency: bool = False
    path: str = ""
    seed: int = 0
    composites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    how: Reading = field(default_factory=Reading, repr=False)
    beside: Mapping[str, CodedColumn] = field(default_factory=dict, repr=False)
    told: tuple[str, ...] = field(default=(), repr=False)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.rows.values())))

    @property
    def effective_rows(self) -> float:
        """Kish's number of rows that would weigh as much if all weighed alike."""
        return float(self.count) if self.weights is None else effective_rows(self.weights)

    @property
    def fewer_rows(self) -> float | None:
        """How many rows are effective, where these are fewer than there are."""
        return None if self.weights is None else self.effective_rows

    @property
    def weighed(self) -> str:
        """What the weights are: "survey", "frequency", or nothing where no one gave any."""
        return "" if self.how.weights is None else self.how.weights_are

    @cached_property
    def fingerprint(self) -> str:
        """A digest of every value and weight."""
        return fingerprint(self.rows, self.weights)

    @cached_property
    def origin(self) -> Origin:
        """What a saved sampler says of the table."""
        reading, unsaid = _written(self.how)
        return Origin(self.fingerprint, self.path, self.seed, self.composites, reading, unsaid)


def read_observed(
    data: Any,
    variables: Sequence[str],
    types: Mapping[str, TypeRequest] | None,
    composites: Mapping[str, Sequence[str]] | None,
    seed: int,
    how: Reading | None = None,
) -> tuple[Schema, Observed]:
    """The kinds of some variables of a table, and their rows; only their columns, and that of weights, are read.

    Raises DataError naming the column and the remedy.
    """
    how, asked = how or Reading(), types or {}
    data = open_table(data, how)
    sources, weights = read_weighed(data, variables, composites, images_among(asked), how, numbers_among(asked))
    with overheard() as said:
        schema = infer_schema(sources, types_of_read(types, sources, data, how), counted=how.counted)
    made = {name: tuple(source.names.values()) for name, source in sources.items() if source.composite}
    rows = encode_sources(sources, schema, seed, how.memory)
    told = tuple(text for category, text in said if issubclass(category, DataWarning))
    return schema, replace(_observed(data, rows, weights, seed, made, how), told=told)


def read_again(
    origin: Origin, schema: Schema, variables: Sequence[str], data: Any = None, said: Mapping[str, Any] | None = None
) -> Observed:
    """The rows of the table that a saved sampler was fitted to, from `data` or, without these, from its file.

    `said` are options of `Reading`, where they are other than the fit's. Raises DataError, with the remedy, for a table
    that is not there, for one that is another, and for an option that has to be said again.
    """
    how = _how(origin, said)
    if data is None and not origin.path:
        raise DataError("the sampler was fitted to a table in memory, which is not saved; pass data= with that table")
    if data is None and not Path(origin.path).exists():
        raise DataError(f"the table {origin.path} is not there any more; pass data= with the table, or where it is now")
    table = origin.path if data is None else data
    where = f"the table {origin.path}" if data is None else "data"
    try:
        found = _encoded(origin, schema, variables, table, how)
    except DataError as error:
        raise DataError(
            f"{where} cannot be read as the fit read it ({error}); pass data= with the fit's table"
        ) from None
    except (LookupError, TypeError, ValueError):  # a kind encodes the values that it was made of, and knows no others
        raise _another(where) from None
    if found.fingerprint != origin.fingerprint:
        raise _another(where)
    return found


def read_beside(
    origin: Origin, schema: Schema, variables: Sequence[str], data: Any, said: Mapping[str, Any] | None = None
) -> Observed:
    """Rows of another table than the fit's, read and encoded as that was.

    Raises DataError, with the remedy, for columns that are lacking, and for values that the fit's table does not have
    and its models do not know.
    """
    how = _how(origin, said)
    try:
        return _encoded(origin, schema, variables, data, how)
    except (LookupError, TypeError, ValueError):  # a kind encodes the values that it was made of, and knows no others
        lost = [name for name in variables if not _is_known(origin, schema, name, data, how)]
        raise DataError(
            f"data has values of {', '.join(lost) or 'a column'} that the table of the fit does not have, and that its "
            "models do not know; leave these rows out"
        ) from None


def _is_known(origin: Origin, schema: Schema, name: str, data: Any, how: Reading) -> bool:
    """Whether a variable's values are those of its kind."""
    try:
        _encoded(origin, schema, [name], data, how)
    except (LookupError, TypeError, ValueError):
        return False
    return True


def _how(origin: Origin, said: Mapping[str, Any] | None) -> Reading:
    """How the fit read its table.  Raises DataError for an option that has to be said again, or is of no table."""
    again = {**origin.reading, **(said or {})}
    if lost := [name for name in origin.unsaid if name not in again]:
        raise DataError(
            f"{lost[0]} of the fit was no text or number, which no saved sampler holds; say it again, as in "
            f"sampler.observed({lost[0]}=...)"
        )
    how, others = Reading.take(again)
    if others:
        raise DataError(f"a table is read without an option {', '.join(sorted(others))}; leave it out")
    return how


def _encoded(origin: Origin, schema: Schema, variables: Sequence[str], data: Any, how: Reading) -> Observed:
    table = open_table(data, how)
    kinds = origin.kinds(schema, variables)
    images = {name for name, kind in kinds.items() if kind.of_pictures}
    numbers = {name for name, kind in kinds.items() if isinstance(kind, Number)}
    with quietly():
        sources, weights = read_weighed(table, variables, origin.composites, images, how, numbers)
        rows = encode_sources(sources, schema, origin.seed, how.memory)
    return _observed(table, rows, weights, origin.seed, origin.composites, how)


def _another(where: str) -> DataError:
    return DataError(f"{where} is not the table that the sampler was fitted to: rows differ; pass data= with that one")


def fingerprint(rows: Values, weights: Tensor | None = None) -> str:
    """A digest of encoded data: names, shapes, every value and, where rows have any, their weights."""
    digest = hashlib.sha256()
    for name in sorted(rows):
        values = rows[name].cpu()
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}\n".encode())
        # Piece by piece, since images may be more than memory holds.
        for piece in values.split(2**14):
            digest.update(piece.contiguous().numpy().tobytes())
    if weights is not None:
        digest.update(b"weights\n" + weights.double().cpu().numpy().tobytes())
    return digest.hexdigest()


def _observed(
    table: Table, rows: Values, weights: Any, seed: int, composites: Mapping[str, tuple[str, ...]], how: Reading
) -> Observed:
    path = str(Path(table.path).absolute()) if table.path else ""
    mass = None if weights is None else from_numpy(weights)
    return Observed(rows, mass, how.counted, path, seed, composites, how)


def _written(how: Reading) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What JSON holds of the options that are said, and the names of the others."""
    said = {each.name: getattr(how, each.name) for each in fields(how)}
    plain: dict[str, Any] = {}
    for each in fields(how):
        if (value := said[each.name]) is each.default or (each.compare and value == each.default):
            del said[each.name]
        elif each.compare or isinstance(value, str):  # weights that are no column are too many for a header
            with suppress(TypeError):
                plain[each.name] = _plain(value)
    return plain, tuple(name for name in said if name not in plain)


def _plain(value: Any) -> Any:
    """A value as JSON holds it.  Raises TypeError for dates and durations."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(entry) for entry in value]
    if isinstance(value, Path):
        return str(value.absolute())
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise TypeError(f"{value!r:.80} has no place in JSON")

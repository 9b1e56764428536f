"""The kind of every variable: found in the data, or said by the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeGuard

import numpy as np

from idgen_compiler.data.arrays import Array
from idgen_compiler.data.column import Column
from idgen_compiler.data.copies import copies_among, warn_copies
from idgen_compiler.data.kinds import Atom, Categorical, Composite, Kind
from idgen_compiler.data.kinds.numbers.codes import MOST_LEVELS, Ranked, acts_as_codes
from idgen_compiler.data.kinds.numbers.levels import Levels
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.kinds.registry import TypeRequest, infer, kind_asked, read_atom, requested
from idgen_compiler.data.kinds.setting import Setting
from idgen_compiler.data.kinds.times.digits import warn_digits
from idgen_compiler.data.part import Form, Part
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.sources import Source
from idgen_compiler.data.tables import open_table
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.record import KIND, to_plain
from idgen_compiler.forms.spelling import composed
from idgen_compiler.warning import quietly, warn_data

__all__ = ["Schema", "TypeRequest", "encode", "images_among", "infer_schema", "numbers_among", "types_of_read"]


@dataclass(frozen=True)
class Schema:
    """The kind of every variable, by name."""

    types: Mapping[str, Kind]

    def __post_init__(self) -> None:
        owner: dict[str, str] = {}
        for name, kind in self.types.items():
            for atom in kind.atoms(name):
                if atom.part.name in owner:
                    raise DataError(
                        f"{atom.part.name} names both a variable and a field of {owner[atom.part.name]}; rename one of "
                        "them"
                    )
                owner[atom.part.name] = name

    def __getitem__(self, name: str) -> Kind:
        if name not in self.types:
            raise DataError(f"the data have no variable {name!r}{near_misses(name, self.types)}")
        return self.types[name]

    def parts(self, *names: str) -> tuple[Part, ...]:
        """The parts of some variables, in their order."""
        return tuple(atom.part for name in names for atom in self[name].atoms(name))

    def check(self, setting: Setting, value: Any) -> None:
        """Raise DataError for a value that a variable does not have; one that the schema lacks has any."""
        if setting.name in self.types:
            self.types[setting.name].check(setting, value)

    def to_json(self) -> dict[str, Any]:
        """Variable -> its kind, as JSON values."""
        return {name: to_plain(kind) for name, kind in self.types.items()}

    @classmethod
    def from_json(cls, data: Any) -> Schema:
        """What `to_json` wrote.  Raises DataError for anything unknown, missing or of another type."""
        if not isinstance(data, dict):
            raise DataError(f"a saved schema is a mapping, not {type(data).__name__}; save the sampler again")
        return cls({name: _read_kind(name, value) for name, value in data.items()})


def _read_kind(name: str, value: Any) -> Kind:
    composite = isinstance(value, dict) and value.get(KIND) == Composite.word
    try:
        return Composite.read_json(value, name) if composite else read_atom(value, name)
    except DataError as error:
        raise DataError(f"the saved type of {name} cannot be read ({error}); save the sampler again") from None


def infer_schema(
    sources: Mapping[str, Source],
    requests: Mapping[str, TypeRequest] | None = None,
    *,
    quiet: bool = False,
    counted: bool = False,
) -> Schema:
    """The kind of every variable; `requests` may name variables and, for composites, their columns.

    What no request names is inferred: each kind says which columns it takes (see `data.kinds`). Raises DataError
    naming the column and the remedy; warns (DataWarning), unless it is to be `quiet`, of what looks odd; of rows that
    recur not where they are `counted`, and stand there as often as frequencies say.

    >>> from idgen_compiler.data.sources import read_sources
    >>> infer_schema(read_sources({"X": ["b", "a"]}, ["X"]))["X"]
    Categorical(labels=('a', 'b'), dtype='object')
    """
    asked = {composed(name) if isinstance(name, str) else name: kind for name, kind in (requests or {}).items()}
    columns = {column for source in sources.values() for column in source.names.values()}
    for name, request in asked.items():
        if name not in columns and name not in sources:
            raise DataError(f"types names {name!r}, which is no variable here{near_misses(name, columns)}")
        if name in sources and sources[name].composite:
            raise DataError(
                f"{name} is a composite of {', '.join(sources[name].names.values())}; give the types of these columns"
            )
        kind_asked(name, request)
    with quietly() if quiet else nullcontext():
        found = Schema({name: _kind_of(source, asked) for name, source in sources.items()})
    doubtful = {name: kind for name, kind in found.types.items() if name not in asked and _is_whole(kind)}
    copies = _copies(found, sources) if doubtful or not quiet else None
    schema = _with_codes(found, sources, doubtful, copies, quiet=quiet)
    if quiet:
        return schema
    for name, source in sources.items():
        for atom in schema[name].atoms(name):
            column = source.columns[atom.field]
            atom.kind.look(column)
            if isinstance(atom.kind, Number) and column.name not in asked:
                warn_digits(column.name, column.plain)
    if not counted:
        warn_copies(copies)
    return schema


def types_of_read(
    types: Mapping[str, TypeRequest] | None, sources: Mapping[str, Source], data: Any, how: Reading | None = None
) -> dict[str, TypeRequest]:
    """What is said of the columns that are read; of others that the table has, it has to be a type and changes nothing.

    >>> from idgen_compiler.data.sources import read_sources
    >>> data = {"X": [0, 1], "note": ["a", "b"]}
    >>> types_of_read({"X": "integer", "note": "categorical"}, read_sources(data, ["X"]), data)
    {'X': 'integer'}
    """
    read = {*sources, *(column for source in sources.values() for column in source.names.values())}
    said = dict(types or {})
    others = [name for name in said if isinstance(name, str) and composed(name) not in read]
    names = open_table(data, how).names if others else ()
    for name in others:
        if composed(name) in names:
            kind_asked(name, said.pop(name))
    return said


def _copies(schema: Schema, sources: Mapping[str, Source]) -> Array | None:
    """Which rows are copies of others (see `copies_among`); columns are decoded one at a time."""
    atoms = [
        (atom, source.columns[atom.field]) for name, source in sources.items() for atom in schema[name].atoms(name)
    ]
    seen = [(atom, column) for atom, column in atoms if atom.part.form is not Form.PICTURES]
    if not any(atom.part.form is Form.NUMBERS for atom, _ in seen):
        return None
    return copies_among({atom.part.name: partial(atom.kind.numbers, column) for atom, column in seen})


def _with_codes(
    schema: Schema,
    sources: Mapping[str, Source],
    doubtful: Mapping[str, Number | Levels],
    copies: Array | None,
    *,
    quiet: bool,
) -> Schema:
    """The schema in which whole numbers that act as codes are categories; says which, and of which are too many.

    Of copies one is looked at: whatever varies by chance, varies with them alike.
    """
    if not doubtful:
        return schema
    kinds, rows = dict(schema.types), slice(None) if copies is None else np.unique(copies, return_index=True)[1]
    able = {name: seen for name, kind in kinds.items() if (seen := _ranked(sources[name], kind, rows)) is not None}
    for name, kind in doubtful.items():
        column = sources[name].columns[""]
        told = acts_as_codes(kind.numbers(column)[rows], {other: seen for other, seen in able.items() if other != name})
        if told is None:
            continue
        count = len(column.distinct)
        said = f"column {name} holds {count} whole numbers that act as codes and not as a scale: {told} jumps between"
        if count <= MOST_LEVELS:
            kinds[name] = Categorical.of(column)
            rest = f"it is taken for categories, and types={{{name!r}: {kind.word!r}}} insists on a scale"
        else:
            rest = f"a scale does not adjust for them; say types={{{name!r}: 'categorical'}}, or join codes to fewer"
        if not quiet:
            warn_data(f"{said} neighbors; {rest}")
    return Schema(kinds)


def _is_whole(kind: Kind) -> TypeGuard[Number | Levels]:
    """Whether a kind holds whole numbers, which may be codes."""
    if isinstance(kind, Levels):
        return kind.whole
    return isinstance(kind, Number) and kind.grid >= 1 and kind.grid == round(kind.grid)


def _ranked(source: Source, kind: Kind, rows: Any) -> Ranked | None:
    """A number, or indicators of the commonest categories, in rows that are looked at; None for any other kind."""
    atoms = kind.atoms("")
    if len(atoms) > 1 or kind.entries or atoms[0].part.form not in (Form.CODES, Form.NUMBERS):
        return None
    values = atoms[0].kind.numbers(source.columns[atoms[0].field])[rows]
    if not atoms[0].part.size:
        return Ranked.of(values)
    common = np.argsort(-np.bincount(values, minlength=atoms[0].part.size), kind="stable")[:4]
    return Ranked.of(np.asarray(values[:, None] == common))


def images_among(requests: Mapping[str, TypeRequest]) -> frozenset[str]:
    """The columns that a user says are images.  Raises DataError for a request of no kind."""
    return frozenset(composed(name) for name, request in requests.items() if kind_asked(name, request).of_pictures)


def numbers_among(requests: Mapping[str, TypeRequest]) -> frozenset[str]:
    """The columns that a user says are numbers.  Raises DataError for a request of no kind."""
    return frozenset(composed(n) for n, request in requests.items() if issubclass(kind_asked(n, request), Number))


def _kind_of(source: Source, asked: Mapping[str, TypeRequest]) -> Kind:
    if not source.composite:
        return _atom_of(source.columns[""], asked)
    return Composite(tuple((field, _atom_of(column, asked)) for field, column in source.columns.items()))


def _atom_of(column: Column, asked: Mapping[str, TypeRequest]) -> Atom:
    return requested(column, asked[column.name]) if column.name in asked else infer(column)


def encode(
    sources: Mapping[str, Source], schema: Schema, stream: Callable[[str], np.random.Generator]
) -> dict[str, Array]:
    """Every part of every variable as models see it, by the part's name; `stream` gives a part's generator.

    Shape: codes (rows,) int64; numbers (rows, dim) float32; images (rows, channels, height, width) uint8, where they
    lie, in memory or in a file.
    """
    return {
        atom.part.name: atom.kind.encode(source.columns[atom.field], stream(atom.part.name))
        for name, source in sources.items()
        for atom in schema[name].atoms(name)
    }

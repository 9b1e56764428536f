"""The columns that a check reads: categories as codes, numbers as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.holding.few import Few
from idgen_compiler.data.images import is_images
from idgen_compiler.data.kinds import Kind
from idgen_compiler.data.ngrams import Directions
from idgen_compiler.data.part import Form
from idgen_compiler.data.reading.missing import lacking
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.reading.weights import standing, thinned
from idgen_compiler.data.schema import TypeRequest, images_among, infer_schema, numbers_among
from idgen_compiler.data.sources import Source, read_weighed
from idgen_compiler.data.tables import Content, open_table, some_rows_of, weight_column, weights_of
from idgen_compiler.errors import DataError, IdgenError
from idgen_compiler.warning import quietly, warn_data

__all__ = ["FEWEST_ROWS", "CodedColumn", "Columns", "read_columns", "read_some_rows"]

FEWEST_ROWS = 50
"""Fewer rows than this test nothing before a fit."""

_SIGNS = 3
"""Directions by whose signs texts are put in groups."""


@dataclass(frozen=True, eq=False)
class CodedColumn:
    """One variable's values: codes 0 .. size-1 where it is categorical, float64 where `size` is 0.

    `partial` says that they tell only a part of what a value is, as groups do of texts: what is independent of the
    variable is independent of them, but given them much of it is not known.
    """

    values: Array  #: shape (rows,)
    size: int = 0
    partial: bool = False

    @property
    def categorical(self) -> bool:
        """Whether the values are codes of categories."""
        return self.size > 0

    def at(self, rows: Array) -> CodedColumn:
        """The column at some rows."""
        return CodedColumn(self.values[rows], self.size, self.partial)


Columns = Mapping[str, CodedColumn]


def read_columns(
    data: Any,
    names: Iterable[str],
    types: Mapping[str, TypeRequest] | None = None,
    how: Reading | None = None,
    *,
    quiet: bool = False,
    seed: int = 0,
) -> dict[str, CodedColumn]:
    """The columns of some variables of any table, read and typed as in fitting.

    Of rows with survey weights a sample of equal weights is taken, by `seed` (see `data.reading.weights.thinned`).
    Raises DataError naming the column and the remedy, also for a variable that is not one number or category; warns
    (DataWarning), unless it is to be `quiet`, of what looks odd.
    """
    images, numbers = images_among(types or {}), numbers_among(types or {})
    sources, weights = read_weighed(data, names, images=images, how=how, numbers=numbers)
    schema = infer_schema(sources, types, quiet=quiet, counted=how is not None and how.counted)
    columns = {name: _column(name, source, schema[name]) for name, source in sources.items()}
    if weights is None:
        return columns
    rows = thinned(weights, np.random.default_rng(seed))
    if not quiet:
        warn_data(f"of {len(weights)} rows {len(rows)} are looked at, drawn by their weights so that all count alike")
    return {name: column.at(rows) for name, column in columns.items()}


def _column(name: str, source: Source, kind: Kind) -> CodedColumn:
    atoms = kind.atoms(name)
    if len(atoms) > 1 or kind.entries:
        raise DataError(
            f"{name} is of kind {kind.word}, which no test takes; give a column with a number or a category in each "
            "row, or project the variable out of the graph"
        )
    (atom,) = atoms
    if atom.part.form is Form.TEXTS:
        return CodedColumn(_groups(source.columns[atom.field].values), 2**_SIGNS, partial=True)
    values = atom.kind.numbers(source.columns[atom.field])
    return CodedColumn(values if atom.part.size else values.astype(np.float64).reshape(-1), atom.part.size or 0)


def _groups(texts: Array) -> Array:
    """Texts in groups that share words: on which side of the middle they lie along their widest directions.

    Shape: (rows,) of strings -> (rows,) int64.
    """
    codes, found = pandas().factorize(texts)
    distinct = [str(text) for text in found]
    along = Directions.of(distinct, np.bincount(codes).tolist(), _SIGNS)(distinct)
    weights = 2 ** np.arange(along.shape[1])
    return np.asarray(((along > 0) @ weights)[codes], dtype=np.int64)


def read_some_rows(
    data: Any,
    needed: Sequence[str],
    more: Collection[str] = (),
    types: Mapping[str, TypeRequest] | None = None,
    how: Reading | None = None,
    *,
    rows: int = 20_000,
    seed: int = 0,
) -> dict[str, CodedColumn]:
    """Columns at the same random rows, at most so many; those of `more` only where the table has them.

    Rows with a missing value are left out, and so are columns that are neither numbers nor categories, and those of
    `more` in which values are missing. Where rows have weights, what is taken is a sample of equal weights from the law
    that they stand for; a warning (DataWarning) tells of one that is too small for any test. Shape of each column:
    (rows,).

    >>> found = read_some_rows({"X": [0, 1] * 50, "Y": ["a", "b"] * 50}, ["X"], ["Y", "Z"], rows=10)
    >>> {name: (len(column.values), column.size) for name, column in found.items()}
    {'X': (10, 2), 'Y': (10, 2)}
    """
    read, weights = _contents(data, needed, more, how)
    lengths = {len(values) for values in read.values()}
    if len(lengths) != 1:
        return {}
    (total,) = lengths
    generator = np.random.default_rng(seed)
    there = None if weights is None else _standing(total, weights, how or Reading(), generator)
    standing_there = total if there is None else len(there)
    if standing_there <= rows:
        chosen = np.arange(total) if there is None else there
    else:
        chosen = np.sort(generator.choice(total if there is None else there, rows, replace=False))
    pieces = {name: some_rows_of(values, chosen) for name, values in read.items()}
    missing = {name: lacking(name, values, how or Reading()) for name, values in pieces.items()}
    pieces = {name: values for name, values in pieces.items() if name in needed or not missing[name].any()}
    whole = np.ones(len(chosen), dtype=bool)
    for name in pieces:
        whole &= ~missing[name]
    asked = types or {}
    found = {}
    for name, values in pieces.items():
        try:
            own = {k: v for k, v in asked.items() if k == name}
            column = read_columns({name: values[whole]}, [name], own, Reading(missing="text"), quiet=True)[name]
        except IdgenError:  # a kind that no test takes
            continue
        found[name] = column
    return found


def _standing(total: int, weights: Array, how: Reading, generator: np.random.Generator) -> Array:
    """The numbers of rows that are a sample of equal weights from the law that all stand for."""
    if how.counted:
        return standing(weights, how)
    there = thinned(weights, generator)
    if len(there) < FEWEST_ROWS <= int((weights > 0).sum()):
        warn_data(
            f"weights as uneven as these leave {len(there)} of {total} rows to test the graph by, too few, so that the "
            "rows are not held against the graph"
        )
    return there


def _contents(
    data: Any, needed: Sequence[str], more: Collection[str], how: Reading | None
) -> tuple[dict[str, Content], Array | None]:
    """The columns in one dimension, the needed ones alone where the others cannot be read, and the rows' weights."""
    how = how or Reading()
    for names in ((*needed, *more), tuple(needed)):
        try:
            with quietly():  # whoever fits reads this table, too, and is told of it then
                table = open_table(data, how)
                weighing = weight_column(table, how)
                read = table.read([name for name in dict.fromkeys([*names, *weighing]) if name in table.names])
                kept = {n: v for n, v in read.items() if n in names and not is_images(v) and _is_flat(v)}
                return kept, weights_of(table, how, read, len(next(iter(read.values()), ())))
        except IdgenError:
            continue
    return {}, None


def _is_flat(content: Content) -> bool:
    """Whether a column has one value a row."""
    return isinstance(content, Few) or np.ndim(content) == 1

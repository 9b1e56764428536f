"""The columns that each variable of a program is read from."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from idgen_compiler.data.arrays import Array, pandas
from idgen_compiler.data.column import Column
from idgen_compiler.data.holding.few import Few, some_few
from idgen_compiler.data.holding.streamed import Streamed
from idgen_compiler.data.images import image_column, is_images, some_images
from idgen_compiler.data.reading.marks import warn_unmet
from idgen_compiler.data.reading.missing import complete_rows, kept, lacking, refusal, warn_category, warn_words
from idgen_compiler.data.reading.numerals import padded_with
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.reading.pictures import PictureFiles
from idgen_compiler.data.reading.weights import scaled, standing
from idgen_compiler.data.tables import Table, open_table, weight_column, weights_of
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.spelling import composed, spelled
from idgen_compiler.warning import warn_data

__all__ = ["Source", "read_sources", "read_weighed"]


@dataclass(frozen=True)
class Source:
    """Where a variable's values come from: one column, or for a composite one column a field."""

    columns: Mapping[str, Column]  #: field -> column; the one field of a plain variable is ""

    @property
    def names(self) -> dict[str, str]:
        """Field -> the column's name in the user's table."""
        return {field: column.name for field, column in self.columns.items()}

    @property
    def composite(self) -> bool:
        """Whether the variable is made of several columns."""
        return "" not in self.columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def read_sources(
    data: Any,
    variables: Iterable[str],
    composites: Mapping[str, Sequence[str]] | None = None,
    images: Collection[str] = (),
    how: Reading | None = None,
    numbers: Collection[str] = (),
) -> dict[str, Source]:
    """The columns of each variable, as in `read_weighed`, without the weights of their rows."""
    return read_weighed(data, variables, composites, images, how, numbers)[0]


def read_weighed(
    data: Any,
    variables: Iterable[str],
    composites: Mapping[str, Sequence[str]] | None = None,
    images: Collection[str] = (),
    how: Reading | None = None,
    numbers: Collection[str] = (),
) -> tuple[dict[str, Source], Array | None]:
    """The columns of each variable, and how much each row counts; other columns of the table are not read.

    A variable is the column of its name; or the columns that `composites` lists; or, where there is no such column,
    the columns called `variable.field`. `images` are columns that hold images even where they do not look like it,
    `numbers` those whose texts of digits are numbers and no codes.
    Rows of weight 0 are left out, and where weights are frequencies each row stands there so often; what is given back
    are survey weights, of mean one and shape (rows,), or None where all rows count alike.
    Names are compared with their accents composed, and so they are those of the columns that come back.
    Raises DataError for what is missing, and for an empty table; warns (DataWarning) of rows that are left out.
    """
    how = how or Reading()
    table = open_table(data, how)
    if unknown := [name for name in how.marked if name not in map(str.strip, table.names)]:
        hint = near_misses(unknown[0], table.names)
        raise DataError(f"missing_marks names {unknown[0]!r:.80}, which is no column of the table{hint}")
    made = {composed(variable): columns for variable, columns in (composites or {}).items()}
    wanted = {variable: _fields(variable, table.names, made.get(variable)) for variable in variables}
    missing = [column for fields in wanted.values() for column in fields.values() if column not in table.names]
    if missing:
        for name in missing:
            if name in table.index:
                raise DataError(f"{name} is the index of the table, not a column; make it one with .reset_index()")
        hints = "".join(f"\n  {name}{near_misses(name, table.names)}" for name in missing)
        raise DataError(f"the data lack {len(missing)} column(s) that are needed:{hints}\n{_remedy(missing[0], hints)}")
    needed = list(dict.fromkeys(column for fields in wanted.values() for column in fields.values()))
    for column in needed:
        users = [variable for variable, fields in wanted.items() if column in fields.values()]
        if len(users) > 1:
            raise DataError(f"column {column} belongs to {' and to '.join(users)}; a column has one variable")
    if weighing := [column for column in weight_column(table, how) if column in needed]:
        raise DataError(f"column {weighing[0]} is data of the program and cannot weigh its rows, too; copy it")
    columns, weights = _columns(table, needed, images, numbers, how)
    sources = {
        variable: Source({field: columns[column] for field, column in fields.items()})
        for variable, fields in wanted.items()
    }
    return sources, weights


def _remedy(name: str, hints: str) -> str:
    """What to do about a column that a table lacks; the likelier way first."""
    hidden = (
        f"if {name} is a hidden cause, say so: `{spelled(name)} [latent]` in the graph, latent=[{name!r}] for "
        f"ADMG.parse or compile, --latent {shlex.quote(spelled(name))} on the command line; if a kernel or function "
        f"that you bring makes it, compile with unobserved=[{name!r}]"
    )
    named = "rename the column to the graph's name, or list the columns of a composite in composites={...}"
    return f"{named}; {hidden}" if "did you mean" in hints else f"{hidden}; if it was measured, {named}"


def _columns(
    table: Table, needed: Sequence[str], images: Collection[str], numbers: Collection[str], how: Reading
) -> tuple[dict[str, Column], Array | None]:
    """Columns of one length, each without missing values or with a mark where it has them, and the rows' weights."""
    files = PictureFiles(table.images_root, how.size_limit, table.folder)
    contents: dict[str, Any] = {}
    pictures = set()
    read = table.read([*needed, *weight_column(table, how)])
    for name in needed:
        found = read[name]
        if name in images or is_images(found):
            pictures.add(name)
        contents[name] = image_column(name, found, files) if isinstance(found, Path | Streamed) else found
        if padded := padded_with(found):
            contents[name] = _codes(name, found, padded, are_numbers=name in numbers)
    lengths = {name: len(content) for name, content in contents.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns differ in length: {', '.join(f'{k} has {n}' for k, n in lengths.items())}")
    if not needed or next(iter(lengths.values())) == 0:
        raise DataError("the table has no rows; give at least one")
    weights = weights_of(table, how, read, next(iter(lengths.values())))
    blanks = {name: lacking(name, content, how) for name, content in contents.items()}
    told = {name: content for name, content in contents.items() if name not in pictures}
    warn_unmet({name: own.content if isinstance(own, Few) else own for name, own in told.items()}, how)
    rows = _standing(_Rows(contents, blanks, weights), pictures, how)
    columns = {}
    for name, content in rows.contents.items():
        blank = rows.blanks[name]
        held = image_column(name, content, files) if name in pictures else content
        if not blank.any() or name in pictures:
            columns[name] = (
                Column(name, held.content, place=held.place) if isinstance(held, Few) else Column(name, held)
            )
            warn_words(name, held, how)
        elif how.missing == "category":
            if blank.all():
                raise DataError(f"column {name} holds no value at all; leave it out of the graph, or mark it latent")
            warn_category(name, blank)
            columns[name] = _with_blank(name, content, blank, how)
        else:
            raise refusal(name, content, blank, _of_tables(rows.blanks, pictures))
    return columns, None if rows.weights is None else scaled(rows.weights)


def _of_tables(blanks: Mapping[str, Array], pictures: Collection[str]) -> dict[str, Array]:
    """Which rows lack a value in the columns that are no pictures, which refuse what is missing by themselves."""
    return {name: blank for name, blank in blanks.items() if name not in pictures}


def _with_blank(name: str, content: Any, blank: Array, how: Reading) -> Column:
    """A column in which what is missing is a category."""
    if not isinstance(content, Few):
        return Column(name, kept(content, ~blank), blank)
    own = lacking(name, content.content, how)
    return Column(name, kept(content.content, ~own), own, content.place)


@dataclass(frozen=True, eq=False)
class _Rows:
    """What was read of each column, which rows lack a value there, and how much each row counts."""

    contents: Mapping[str, Any]
    blanks: Mapping[str, Array]  #: shape of each (rows,) bool
    weights: Array | None  #: shape (rows,)

    def at(self, rows: Array) -> _Rows:
        """Some rows, by their numbers, or by a mask of shape (rows,)."""
        if rows.dtype == bool and rows.all():
            return self
        few = some_few(self.contents, rows)
        contents = {n: few[n] if n in few else _some(content, rows) for n, content in self.contents.items()}
        blanks = {name: blank[rows] for name, blank in self.blanks.items()}
        return _Rows(contents, blanks, None if self.weights is None else self.weights[rows])


def _standing(found: _Rows, pictures: Collection[str], how: Reading) -> _Rows:
    """The rows that count: those of weight 0 are left out, and others stand there as often as frequencies say."""
    if found.weights is not None:
        there = found.weights > 0
        for name, blank in found.blanks.items():  # before rows are left out, so that messages number them as the table
            if how.missing in ("refuse", "text") and name not in pictures and (blank & there).any():
                others = {other: own & there for other, own in _of_tables(found.blanks, pictures).items()}
                raise refusal(name, found.contents[name], blank & there, others)
        found = found.at(there)
    if how.missing == "drop":
        found = found.at(complete_rows(found.blanks, found.contents))
    if found.weights is not None and how.counted:
        found = replace(found.at(standing(found.weights, how)), weights=None)
    return found


def _codes(name: str, texts: Any, padded: str, *, are_numbers: bool) -> Any:
    """Texts of digits with zeros before some, as texts, which a warning tells, or as numbers where somebody says so."""
    if are_numbers:
        numbers = pandas().to_numeric(texts)
        if texts.isna().any():
            numbers = numbers.convert_dtypes()
        numbers.attrs |= texts.attrs
        return numbers
    warn_data(
        f"column {name} holds {padded!r}, whose zero a number would lose, so that its values are kept as texts; say "
        f"types={{{name!r}: 'integer'}} if they are numbers"
    )
    return texts


def _some(content: Any, rows: Array) -> Any:
    bytes_ = isinstance(content, np.ndarray) and content.ndim == 4 and content.dtype == np.uint8
    return some_images(content, rows) if bytes_ else kept(content, rows)


def _fields(variable: str, names: Sequence[str], listed: Sequence[str] | None) -> dict[str, str]:
    """Field -> column name; the empty field stands for the variable itself."""
    prefix = f"{variable}."
    if listed is not None:
        if isinstance(listed, str) or not listed:
            raise DataError(f"composites[{variable!r}] is {listed!r}; give the list of its columns")
        listed = [composed(column) for column in listed]
        fields = {column.removeprefix(prefix): column for column in listed}
        if len(fields) < len(listed):
            raise DataError(f"composites[{variable!r}] names a column twice: {', '.join(listed)}")
        return fields
    if variable in names:
        return {"": variable}
    dotted = {name.removeprefix(prefix): name for name in names if name.startswith(prefix) and name != prefix}
    return dotted or {"": variable}

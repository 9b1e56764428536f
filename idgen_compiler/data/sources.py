"""The columns that each variable of a program is read from."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idgen_compiler.data.column import Column
from idgen_compiler.data.images import image_column, is_images
from idgen_compiler.data.tables import Table, open_table
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.spelling import composed, spelled

__all__ = ["Source", "read_sources"]


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
) -> dict[str, Source]:
    """The columns of each variable; other columns of the table are not read.

    A variable is the column of its name; or the columns that `composites` lists; or, where there is no such column,
    the columns called `variable.field`. `images` are columns that hold images even where they do not look like it.
    Names are compared with their accents composed, and so they are those of the columns that come back.
    Raises DataError for what is missing, and for an empty table.
    """
    table = _composed(open_table(data))
    made = {composed(variable): columns for variable, columns in (composites or {}).items()}
    wanted = {variable: _fields(variable, table.names, made.get(variable)) for variable in variables}
    missing = [column for fields in wanted.values() for column in fields.values() if column not in table.names]
    if missing:
        hints = "".join(f"\n  {name}{near_misses(name, table.names)}" for name in missing)
        raise DataError(f"the data lack {len(missing)} column(s) that are needed:{hints}\n{_remedy(missing[0], hints)}")
    needed = list(dict.fromkeys(column for fields in wanted.values() for column in fields.values()))
    for column in needed:
        users = [variable for variable, fields in wanted.items() if column in fields.values()]
        if len(users) > 1:
            raise DataError(f"column {column} belongs to {' and to '.join(users)}; a column has one variable")
    columns = {
        name: Column(name, image_column(name, found) if name in images or is_images(found) else found)
        for name, found in table.read(needed).items()
    }
    lengths = {name: len(columns[name]) for name in needed}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns differ in length: {', '.join(f'{k} has {n}' for k, n in lengths.items())}")
    if not needed or next(iter(lengths.values())) == 0:
        raise DataError("the table has no rows; give at least one")
    return {
        variable: Source({field: columns[column] for field, column in fields.items()})
        for variable, fields in wanted.items()
    }


def _remedy(name: str, hints: str) -> str:
    """What to do about a column that a table lacks; the likelier way first."""
    hidden = (
        f"if {name} is a hidden cause, say so: `{spelled(name)} [latent]` in the graph, latent=[{name!r}] for "
        f"ADMG.parse or compile, --latent {shlex.quote(spelled(name))} on the command line"
    )
    named = "rename the column to the graph's name, or list the columns of a composite in composites={...}"
    return f"{named}; {hidden}" if "did you mean" in hints else f"{hidden}; if it was measured, {named}"


def _composed(table: Table) -> Table:
    """The table with the accents of its columns' names composed.  Raises DataError for two columns of one name."""
    own = {name: composed(name) for name in table.names}
    if all(name == new for name, new in own.items()):
        return table
    before: dict[str, str] = {}
    for name, new in own.items():
        if before.setdefault(new, name) != name:
            raise DataError(f"two columns are called {new}, once with composed accents and once not; rename one")
    return Table(
        tuple(own.values()),
        lambda names: {own[k]: found for k, found in table.read([before[name] for name in names]).items()},
    )


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

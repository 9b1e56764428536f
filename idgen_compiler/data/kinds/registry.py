"""The kinds that are known: which are asked whether a column is theirs, in which order, and by what word."""

from __future__ import annotations

from typing import Any, TypeVar

from idgen_compiler.data.column import FEW_VALUES, Column
from idgen_compiler.data.kinds.kind import Atom, Kind, Request
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.record import KIND

__all__ = ["TypeRequest", "atoms_known", "infer", "read_atom", "register", "requested", "kind_asked"]

TypeRequest = str | Kind | Request
"""What a user may ask for: a kind's word, such as "integer" or "vector", Categorical(labels),
Image(channels, height, width), Numeric(support=(0, None)) or Text(encoder=...); Composite(fields) of what no table
holds."""

A = TypeVar("A", bound=type[Atom])

_KINDS: dict[str, type[Atom]] = {}


def register(kind: A) -> A:
    """Make a kind known by its word; a class decorator.  Another kind of the same word takes its place."""
    _KINDS[kind.word] = kind
    return kind


def atoms_known() -> tuple[type[Atom], ...]:
    """All kinds of single columns, in the order in which they are asked whether a column is theirs."""
    return tuple(sorted(_KINDS.values(), key=lambda kind: (kind.rank, kind.word)))


def infer(column: Column) -> Atom:
    """The kind of a column that nobody said anything about.

    Raises DataError, naming the column and the remedy, where it is of no kind.
    """
    for kind in atoms_known():
        found = kind.infer(column)
        if found is not None:
            return found
    _refuse_blank(column)
    raise DataError(f"column {column.name} holds {column.values.dtype} values, which are of no known kind; convert it")


def requested(column: Column, request: TypeRequest) -> Atom:
    """The kind of a column that somebody says is of it.  Raises DataError where it cannot be."""
    if not kind_asked(column.name, request).of_labels:
        _refuse_blank(column)
    if isinstance(request, str):
        return _KINDS[request].of(column)
    if isinstance(request, Request):
        return request.of(column)
    if isinstance(request, Atom):
        return request.confirm(column)
    raise _no_kind(column.name, request)


def _refuse_blank(column: Column) -> None:
    """Raise DataError where missing values are to be a category, and the others are no categories."""
    if column.blank is not None:
        there = column.present.plain
        few = there is not None and there.ndim == 1 and len(set(there.tolist())) <= FEW_VALUES
        typed = f", types={{{column.name!r}: 'categorical'}}" if few else ""
        raise DataError(
            f"column {column.name} lacks {int(column.blank.sum())} of {len(column)} values and holds no categories, "
            f"which alone can have one for what is missing; say missing='drop'{typed}, or fill them in"
        )


def kind_asked(name: str, request: object) -> type[Atom]:
    """The kind that is asked for.  Raises DataError for what is no kind."""
    if isinstance(request, Request):
        return request.kind
    if isinstance(request, Atom):
        return type(request)
    if isinstance(request, str) and request in _KINDS:
        return _KINDS[request]
    raise _no_kind(name, request)


def _no_kind(name: str, request: object) -> DataError:
    return DataError(f"types[{name!r}] is {request!r}; choose {', '.join(sorted(_KINDS))}, or Categorical(labels)")


def read_atom(value: Any, where: str) -> Atom:
    """The kind that `to_plain` wrote.  Raises DataError for an unknown one, and for wrong fields."""
    word = value.get(KIND) if isinstance(value, dict) else None
    if not isinstance(word, str) or word not in _KINDS:
        raise DataError(f"{where} is of no known kind: {word!r}{near_misses(str(word), _KINDS)}")
    return _KINDS[word].read_json(value, where)

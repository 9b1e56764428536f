"""Frozen dataclasses as JSON values, and back: what is written and what is read follow from the fields' declarations.

Fields are texts, booleans, numbers, None, other records, tuples and mappings from texts of these, and unions. Records
of which a union has several say which they are by a class variable `word`, written under the key "kind".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from idgen_compiler.errors import IdgenError, near_misses

__all__ = ["KIND", "read_record", "to_plain", "whole_number"]

T = TypeVar("T")

KIND = "kind"
"""The key under which a record says which of a union's records it is."""

_SCALARS: dict[Any, str] = {str: "a text", bool: "true or false", int: "a whole number", float: "a finite number"}


def whole_number(text: str) -> int:
    """The number that JSON's digits say.  Raises ValueError for thousands of digits.

    Python's own error asks for its limit to be lifted, which nobody should do for a file.
    """
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"a whole number of {len(text)} digits, more than are read") from None


def to_plain(value: Any) -> Any:
    """The value as JSON can hold it; fields that have their default are left out.  Raises TypeError for any other.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Point:
    ...     x: int
    ...     label: str = ""
    >>> to_plain((Point(1), Point(2, "a")))
    [{'x': 1}, {'x': 2, 'label': 'a'}]
    """
    if is_dataclass(value) and not isinstance(value, type):
        word = getattr(value, "word", None)
        named = {KIND: word} if word else {}
        kept = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        return named | {f.name: to_plain(kept[f.name]) for f in fields(value) if f.init and not _is_default(f, value)}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"{value!r:.80} has no place in JSON")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return False


def _are_scalars(kind: Any, values: Sequence[Any]) -> bool:
    """Whether all are what a scalar type, or a union of such, declares: long lists are read at once."""
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if not all(one in _SCALARS for one in kinds) or not {type(value) for value in values} <= set(kinds):
        return False
    return all(math.isfinite(value) for value in values if type(value) is float)


def _is_default(field: Field[Any], record: Any) -> bool:
    if field.default is MISSING:
        return False
    value = getattr(record, field.name)
    return type(value) is type(field.default) and bool(value == field.default)


def read_record(kind: type[T], value: Any, where: str, error: type[IdgenError] = IdgenError) -> T:
    """The record that `to_plain` wrote.

    Raises `error`, naming the place as `where` and the field, for what is missing, unknown or of another type.

    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Point:
    ...     x: int
    >>> read_record(Point, {"x": 1}, "the point")
    Point(x=1)
    """
    found: T = _Reading(error).value(kind, value, where)
    return found


@cache
def _declared(kind: type) -> dict[str, tuple[Any, bool]]:
    """Field -> its type, and whether it may be left out."""
    types = get_type_hints(kind, include_extras=True)
    needed = {f.name: f.default is MISSING and f.default_factory is MISSING for f in fields(kind) if f.init}
    return {name: (types[name], not must) for name, must in needed.items()}


class _Reading:
    """Reads values by their declared types."""

    def __init__(self, error: type[IdgenError]) -> None:
        self.error = error

    def value(self, kind: Any, value: Any, where: str) -> Any:
        origin, args = get_origin(kind), get_args(kind)
        if kind is Any:
            return value
        if origin is Annotated:
            return self.value(args[0], value, where)
        if kind in _SCALARS:
            return self.scalar(kind, value, where)
        if kind in (None, NoneType):
            return self.expect(value is None, value, where, "null")
        if origin is Literal:
            return self.expect(value in args, value, where, f"one of {', '.join(map(repr, args))}")
        if origin in (Union, UnionType):
            return self.one_of(args, value, where)
        if origin is tuple:
            return self.items(args, value, where)
        if origin is not None and issubclass(origin, Mapping):
            self.expect(isinstance(value, dict), value, where, "an object")
            return {str(key): self.value(args[1], item, f"{where}, {key}") for key, item in value.items()}
        return self.record(kind, value, where)

    def scalar(self, kind: type, value: Any, where: str) -> Any:
        fits = type(value) is kind or (kind is float and type(value) is int)
        fits = fits and not (kind is float and not _is_finite(value))
        return self.expect(fits, float(value) if fits and kind is float else value, where, _SCALARS[kind])

    def items(self, args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
        self.expect(isinstance(value, list | tuple), value, where, "a list")
        if len(args) == 2 and args[1] is Ellipsis:
            if _are_scalars(args[0], value):
                return tuple(value)
            return tuple(self.value(args[0], item, f"{where}, item {k}") for k, item in enumerate(value))
        self.expect(len(value) == len(args), value, where, f"a list of {len(args)}")
        return tuple(
            self.value(a, item, f"{where}, item {k}") for k, (a, item) in enumerate(zip(args, value, strict=True))
        )

    def one_of(self, kinds: tuple[Any, ...], value: Any, where: str) -> Any:
        """A union's member: a record by its word, anything else by what it is."""
        words = {getattr(kind, "word", ""): kind for kind in kinds if is_dataclass(kind)}
        if isinstance(value, dict) and words:
            if len(words) == 1:
                return self.record(next(iter(words.values())), value, where)
            word = value.get(KIND)
            if not isinstance(word, str) or word not in words:
                raise self.error(f"{where} is of no known kind: {word!r}{near_misses(str(word), words)}")
            return self.record(words[word], value, where)
        for kind in kinds:
            plain = get_origin(kind) or kind
            if plain in _SCALARS and type(value) is plain:
                return self.value(kind, value, where)
        for kind in kinds:
            plain = get_origin(kind) or kind
            if (plain in (None, NoneType) and value is None) or (plain is float and type(value) is int):
                return self.value(kind, value, where)
            if plain is tuple and isinstance(value, list | tuple):
                return self.value(kind, value, where)
            if plain is Literal and value in get_args(kind):
                return value
            if isinstance(plain, type) and issubclass(plain, Mapping) and isinstance(value, dict):
                return self.value(kind, value, where)
        meant = " or ".join(_SCALARS.get(kind, getattr(kind, "__name__", str(kind))) for kind in kinds)
        raise self.error(f"{where} is {value!r:.80}, not {meant}")

    def record(self, kind: Any, value: Any, where: str) -> Any:
        self.expect(isinstance(value, dict), value, where, "an object")
        declared, rest = _declared(kind), dict(value)
        word = getattr(kind, "word", "")
        if word and rest.pop(KIND, word) != word:
            raise self.error(f"{where} is of kind {value[KIND]!r}, not {word!r}")
        missing = [name for name, (_, optional) in declared.items() if name not in rest and not optional]
        if missing:
            raise self.error(f"{where} lacks {', '.join(map(repr, missing))}")
        unknown = [name for name in rest if name not in declared]
        if unknown:
            raise self.error(f"{where} has unknown fields: {', '.join(map(str, unknown))}")
        read = {n: self.value(t, rest[n], f"{where}: {n!r}") for n, (t, _) in declared.items() if n in rest}
        return kind(**read)

    def expect(self, holds: bool, value: Any, where: str, meaning: str) -> Any:
        if not holds:
            raise self.error(f"{where} must be {meaning}, not {value!r:.80}")
        return value

"""Kinds of cells, by the letters that numpy has for them: booleans, integers, floats and objects."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NoReturn

__all__ = ["Moment", "absent", "bool_", "dtype", "floating", "integer", "kind_of", "number", "within"]


class number:  # noqa: N801
    """Any number of numpy's own; Python's stand in their place, so that no value is one."""


class integer(number):  # noqa: N801
    """Whole numbers of any length."""

    def __new__(cls, value: Any = 0) -> Any:
        """Python's own."""
        return int(value)


class floating(number):  # noqa: N801
    """Numbers that round."""

    def __new__(cls, value: Any = 0) -> Any:
        """Python's own."""
        return float(value)


class bool_(number):  # noqa: N801
    """Truth values."""

    def __new__(cls, value: Any = False) -> Any:
        """Python's own."""
        return bool(value)


class Moment(number):
    """A date, or a span of time, by what it is written as: modules hold a few, and nothing is computed with them."""

    def __init__(self, *written: Any) -> None:
        self.written = written


_LETTERS: dict[Any, str] = {object: "O", bool: "b", bool_: "b", int: "i", integer: "i", float: "f", floating: "f"}


class dtype:  # noqa: N801
    """The kind of an array's cells; equal to the types that it is written as."""

    __slots__ = ("kind",)
    kind: str

    def __init__(self, kind: Any) -> None:
        self.kind = kind.kind if isinstance(kind, dtype) else _LETTERS.get(kind, "V")

    def __class_getitem__(cls, item: Any) -> type[dtype]:
        return cls

    def __eq__(self, other: object) -> bool:
        return self.kind == (other.kind if isinstance(other, dtype) else _LETTERS.get(other))

    def __hash__(self) -> int:
        return hash(self.kind)

    def __repr__(self) -> str:
        return {"O": "object", "b": "bool", "i": "int64", "f": "float64"}.get(self.kind, "void")


def kind_of(wanted: Any, cells: Iterable[Any]) -> dtype:
    """The kind that is asked for, or that of the cells: objects unless they are all of one plain type."""
    if wanted is not None:
        return dtype(wanted)
    types = {type(cell) for cell in cells}
    if types <= {bool}:
        return dtype(bool if types else float)
    if types <= {bool, int}:
        return dtype(int)
    return dtype(float if types <= {bool, int, float} else object)


def within(one: Any, other: Any) -> bool:
    """Whether a kind is of a family of kinds."""
    letters = {"i": (integer, number), "f": (floating, number), "b": (bool_,), "O": ()}
    return other in letters.get(dtype(one).kind, ())


def cast(cell: Any, kind: dtype) -> Any:
    """A cell as one of a kind."""
    match kind.kind:
        case "i":
            return int(cell)
        case "f":
            return float(cell)
        case "b":
            return bool(cell)
    return cell


class _Absent(type):
    def __call__(cls, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(f"{cls.__name__} is no part of exact arithmetic, which is all that is here")

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return absent(f"{cls.__name__}.{name}")

    def __getitem__(cls, item: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:  # of annotations
        return Fraction

    __ror__ = __or__


def absent(name: str) -> Any:
    """What stands where nothing is: it can be named, as in annotations, and not called.

    >>> absent("linalg").qr([[1]])
    Traceback (most recent call last):
        ...
    NotImplementedError: linalg.qr is no part of exact arithmetic, which is all that is here
    """
    return _Absent(name, (), {})

"""Values of `do` and `given` as a client writes them in JSON, and as `sample` takes them.

A client is somebody else: no text names a file, truth values are no numbers, and what is sent is of the type that
the OpenAPI description of the server says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from idgen_compiler.data.kinds import Categorical, Composite, Image, Kind, Text, Vector
from idgen_compiler.data.kinds.numbers.levels import Levels
from idgen_compiler.data.kinds.numbers.number import Number
from idgen_compiler.data.kinds.times.measured import Measured
from idgen_compiler.errors import DataError, near_misses
from idgen_compiler.forms.shown import cut
from idgen_compiler.hinge.policies import PROBABILITY, Law, Policy, Shift
from idgen_compiler.ir.policies import Uniform
from idgen_compiler.serving.values.pictures import read_picture

__all__ = ["POLICY", "is_single", "read_setting"]

POLICY = "policy"
"""The key of an object that is a policy and no value."""

_POLICIES = ("uniform", "shift", "law")


def read_setting(role: str, name: str, value: Any, kind: Kind | None) -> Any:
    """What a client set a variable to: one value, a list with one for each sample, or a policy.

    Raises DataError, naming the variable and what it takes, for a value of another type.

    >>> read_setting("do", "X", {"policy": "shift", "by": 1.5}, None)
    Shift(by=1.5)
    >>> read_setting("do", "X", True, Categorical((0, 1)))
    Traceback (most recent call last):
    idgen_compiler.errors.DataError: do(X=...) is true, a truth value; send one of the labels 0, 1
    """
    where = f"{role}({name}=...)"
    if isinstance(value, Mapping) and POLICY in value and not (isinstance(kind, Composite) and _has(kind, POLICY)):
        return _policy(where, value, kind)
    if isinstance(value, list) and not _is_one(value, kind):
        found = [_one(where, each, kind) for each in value]
        if isinstance(kind, Composite):  # a list for each field
            return {name: [each[name] for each in found] for name, _ in kind.fields}
        return found
    return _one(where, value, kind)


def is_single(value: Any, kind: Kind | None) -> bool:
    """Whether a read value is one label, number or text for all samples, which can stand in a column with others."""
    return isinstance(value, str | bool | int | float) and isinstance(kind, Categorical | Number | Levels | Text)


def _has(kind: Composite, field: str) -> bool:
    return any(name == field for name, _ in kind.fields)


def _is_one(value: list[Any], kind: Kind | None) -> bool:
    """Whether a list is one value: a vector of numbers."""
    return isinstance(kind, Vector) and not any(isinstance(each, list) for each in value)


def _one(where: str, value: Any, kind: Kind | None) -> Any:
    if value is None:
        raise DataError(f"{where} is null; give a value")
    match kind:
        case Composite():
            return _fields(where, value, kind)
        case Image():
            return read_picture(where, _typed(where, value, str, "a picture in base64"))
        case Categorical():
            return _label(where, value, kind)
        case Text():
            return _typed(where, value, str, "a text")
        case Measured():
            return kind.read(where, _typed(where, value, str, "a text such as one that the server draws"))
        case Vector():
            entries = _typed(where, value, list, f"a list of {kind.dim} numbers")
            return [_number(where, entry) for entry in entries]
        case Number() | Levels():
            return _number(where, value)
    if isinstance(value, list | dict):
        raise DataError(f"{where} is {_told(value)}; send a text or a number")
    return value


def _fields(where: str, value: Any, kind: Composite) -> dict[str, Any]:
    """A composite: an object of its fields."""
    names = [name for name, _ in kind.fields]
    if not isinstance(value, dict):
        raise DataError(f"{where} is {_told(value)}; send an object with the fields {', '.join(names)}")
    if wrong := [name for name in value if name not in names]:
        raise DataError(f"{where} has no field {wrong[0]!r}{near_misses(wrong[0], names)}")
    if missing := [name for name in names if name not in value]:
        raise DataError(f"{where} lacks the field {missing[0]}; its fields are {', '.join(names)}")
    return {name: _one(f"{where}.{name}", value[name], atom) for name, atom in kind.fields}


def _label(where: str, value: Any, kind: Categorical) -> Any:
    types = {type(label) for label in kind.labels}
    shown = ", ".join(_told(label) for label in kind.labels[:12]) + (", ..." if len(kind.labels) > 12 else "")
    if isinstance(value, bool) and bool not in types:
        raise DataError(f"{where} is {_told(value)}, a truth value; send one of the labels {shown}")
    if not isinstance(value, bool) and isinstance(value, int | float) and types == {bool}:
        raise DataError(f"{where} is {_told(value)}, a number; send one of the labels {shown}")
    if isinstance(value, list | dict):
        raise DataError(f"{where} is {_told(value)}; send one of the labels {shown}")
    return value


def _number(where: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"{where} is {_told(value)}; send a number")
    return value


def _typed(where: str, value: Any, wanted: type, what: str) -> Any:
    if not isinstance(value, wanted):
        raise DataError(f"{where} is {_told(value)}; send {what}")
    return value


def _policy(where: str, value: Mapping[str, Any], kind: Kind | None) -> Policy:
    """A policy: {"policy": "uniform"}, {"policy": "shift", "by": 1} or {"policy": "law", "law": [...]}."""
    word = value[POLICY]
    takes: dict[str, tuple[str, Callable[[Any], Policy]]] = {
        "uniform": ("", lambda _: Uniform()),
        "shift": ("by", lambda by: Shift(_number(where, by))),
        "law": ("law", lambda law: _law(where, law, kind)),
    }
    if not isinstance(word, str) or word not in takes:
        raise DataError(f"{where} has the policy {_told(word)}; send one of {', '.join(_POLICIES)}")
    key, made = takes[word]
    if others := [name for name in value if name not in (POLICY, key)]:
        raise DataError(f"{where}: the policy {word} has no {cut(others[0])}; send {key or 'nothing else'}")
    if key and key not in value:
        raise DataError(f"{where}: the policy {word} lacks {key!r}")
    return made(value.get(key))


def _law(where: str, law: Any, kind: Kind | None) -> Law:
    """A law that reads nothing: [[label, probability], ...], since labels may be no texts; or a table by columns."""
    if isinstance(law, dict) and isinstance(law.get(PROBABILITY), list):
        return _table(where, law)
    pairs = law if isinstance(law, list) else list(map(list, law.items())) if isinstance(law, dict) else []
    if not pairs or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise DataError(f"{where}: a law is a list of [label, probability], such as [[0, 0.3], [1, 0.7]], or columns")
    cells: dict[Any, Any] = {}
    for label, probability in pairs:
        read = _one(where, label, kind) if not isinstance(kind, Image | Vector | Composite) else label
        if isinstance(read, list | dict):
            raise DataError(f"{where}: a law draws labels and numbers, not {_told(label)}")
        if read in cells:
            raise DataError(f"{where}: the law names {_told(label)} twice; keep one")
        cells[read] = _number(where, probability)
    return Law(cells)


def _table(where: str, columns: Mapping[str, Any]) -> Law:
    """A law as a table: columns of what is read, the treatment, and `probability`, in this order."""
    for name, values in columns.items():
        if not isinstance(values, list) or any(isinstance(value, list | dict) or value is None for value in values):
            raise DataError(f"{where}: the column {cut(name)} of the law's table is no list of labels and numbers")
    return Law(dict(columns))


def _told(value: Any) -> str:
    """A value as JSON writes it, cut short."""
    words = {True: "true", False: "false", None: "null"}
    if isinstance(value, bool) or value is None:
        return words[value]
    if isinstance(value, list | dict):
        return f"{'a list' if isinstance(value, list) else 'an object'} {cut(value)}"
    return cut(value)

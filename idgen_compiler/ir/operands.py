"""What an operation's fields mean, declared once: uses, renaming, liveness and drawings follow from the field types.

A field whose type is one of the marked texts below is an *operand*. Operands are found, and replaced, through any
depth of records and tuples, so that an operation which holds a region is no special case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

__all__ = ["DataUse", "ModelUse", "Names", "Result", "Role", "Slot", "Slots", "leaves", "mapped", "records"]

T = TypeVar("T")


class Role(Enum):
    """What a text in a program is the name of."""

    RESULT = "the value that an operation defines"
    DATA = "a data set that is used"
    MODEL = "a model that is used"
    SLOT = "a slot of a network"
    VARIABLE = "a variable"

    __hash__ = object.__hash__  # a member is itself; the hash of its name would be looked up at every operand


Result = Annotated[str, Role.RESULT]
DataUse = Annotated[str, Role.DATA]
ModelUse = Annotated[str, Role.MODEL]
Slot = Annotated[str, Role.SLOT]
Slots = tuple[Slot, ...]
Names = tuple[Annotated[str, Role.VARIABLE], ...]


_Operands = tuple[tuple[str, Role | None, bool], ...]
"""Fields by name: the role of their texts, or None for fields of records; whether they are tuples of either."""

_KNOWN: dict[tuple[Any, tuple[Role, ...]], _Operands] = {}


def _operands(kind: Any, roles: tuple[Role, ...]) -> _Operands:
    """The fields of a class in which operands of some roles may be found, in order; of any role where none is named."""
    found = _KNOWN.get((kind, roles))
    if found is None:
        found = _KNOWN[kind, roles] = tuple(_declared(kind, roles))
    return found


def _declared(kind: Any, roles: tuple[Role, ...]) -> Iterator[tuple[str, Role | None, bool]]:
    types = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        declared, many = types[field.name], False
        if get_origin(declared) is tuple:
            declared, many = get_args(declared)[0], True
        role = next((r for r in getattr(declared, "__metadata__", ()) if isinstance(r, Role)), None)
        members = [member for member in get_args(declared) or (declared,) if is_dataclass(member)]
        if role is not None:
            if not roles or role in roles:
                yield field.name, role, many
        elif members and (not roles or any(_operands(member, roles) for member in members)):
            yield field.name, None, many


def leaves(node: Any, *roles: Role) -> Iterator[str]:
    """The operands of these roles in a record and in all records inside it, in order.

    >>> from idgen_compiler.ir.operations import Train
    >>> list(leaves(Train("%m0", "%obs", ("Y",), ("X",)), Role.DATA, Role.VARIABLE))
    ['%obs', 'Y', 'X']
    """
    for name, role, many in _operands(type(node), roles):
        value = getattr(node, name)
        if role is not None:
            if many:
                yield from value
            else:
                yield value
        elif many:
            for record in value:
                yield from leaves(record, *roles)
        elif value is not None:
            yield from leaves(value, *roles)


def records(node: Any, kind: type[T]) -> Iterator[T]:
    """Every record of a class inside an operation, the outer ones first."""
    if isinstance(node, kind):
        yield node
    for name, role, many in _operands(type(node), ()):
        if role is None:
            value = getattr(node, name)
            for record in value if many else (value,):
                if record is not None:
                    yield from records(record, kind)


def mapped(node: T, change: Mapping[Role, Callable[[str], str]]) -> T:
    """The record with every operand of these roles changed; the same object where nothing changes."""
    return cast(T, _mapped(node, change, tuple(change)))


def _mapped(node: Any, change: Mapping[Role, Callable[[str], str]], roles: tuple[Role, ...]) -> Any:
    new: dict[str, Any] = {}
    for name, role, many in _operands(type(node), roles):
        value = getattr(node, name)
        if role is not None:
            edit = change[role]
            changed = tuple(map(edit, value)) if many else edit(value)
        elif many:
            changed = tuple([_mapped(record, change, roles) for record in value])
        else:
            changed = value and _mapped(value, change, roles)
        if changed != value:
            new[name] = changed
    return replace(node, **new) if new else node

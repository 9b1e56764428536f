"""What an operation's fields mean, declared once: uses, renaming, liveness and drawings follow from the field types.

A field whose type is one of the marked texts below is an *operand*. Operands are found, and replaced, through any
depth of records and tuples, so that an operation which holds a region is no special case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
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


Result = Annotated[str, Role.RESULT]
DataUse = Annotated[str, Role.DATA]
ModelUse = Annotated[str, Role.MODEL]
Slot = Annotated[str, Role.SLOT]
Slots = tuple[Slot, ...]
Names = tuple[Annotated[str, Role.VARIABLE], ...]


@dataclass(frozen=True, slots=True)
class _Operand:
    """One field: the role of its texts, or None for a field of records; `many` for a tuple of either."""

    name: str
    role: Role | None
    many: bool


_KNOWN: dict[Any, tuple[_Operand, ...]] = {}


def _operands(kind: Any) -> tuple[_Operand, ...]:
    """The operands of a class, in the order of its fields; fields of anything else are left out."""
    if kind not in _KNOWN:
        _KNOWN[kind] = tuple(_declared(kind))
    return _KNOWN[kind]


def _declared(kind: Any) -> Iterator[_Operand]:
    types = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        declared, many = types[field.name], False
        if get_origin(declared) is tuple:
            declared, many = get_args(declared)[0], True
        role = next((r for r in getattr(declared, "__metadata__", ()) if isinstance(r, Role)), None)
        members = get_args(declared) or (declared,)
        if role is not None or any(is_dataclass(member) for member in members):
            yield _Operand(field.name, role, many)


def leaves(node: Any, *roles: Role) -> Iterator[str]:
    """The operands of these roles in a record and in all records inside it, in order.

    >>> from idgen_compiler.ir.operations import Train
    >>> list(leaves(Train("%m0", "%obs", ("Y",), ("X",)), Role.DATA, Role.VARIABLE))
    ['%obs', 'Y', 'X']
    """
    for operand in _operands(type(node)):
        value = getattr(node, operand.name)
        if operand.role is None:
            for record in value if operand.many else (value,):
                if record is not None:
                    yield from leaves(record, *roles)
        elif operand.role in roles:
            yield from value if operand.many else (value,)


def records(node: Any, kind: type[T]) -> Iterator[T]:
    """Every record of a class inside an operation, the outer ones first."""
    if isinstance(node, kind):
        yield node
    for operand in _operands(type(node)):
        if operand.role is None:
            value = getattr(node, operand.name)
            for record in value if operand.many else (value,):
                if record is not None:
                    yield from records(record, kind)


def mapped(node: T, change: Mapping[Role, Callable[[str], str]]) -> T:
    """The record with every operand of these roles changed; the same object where nothing changes."""
    new: dict[str, Any] = {}
    for operand in _operands(type(node)):
        value = getattr(node, operand.name)
        if operand.role is None:
            changed = tuple(mapped(v, change) for v in value) if operand.many else value and mapped(value, change)
        elif operand.role in change:
            edit = change[operand.role]
            changed = tuple(map(edit, value)) if operand.many else edit(value)
        else:
            continue
        if changed != value:
            new[operand.name] = changed
    return cast(T, replace(cast(Any, node), **new)) if new else node

"""Trees whose parts are declared once: what stands below a node, walking and folding follow from its fields' types.

A node is a frozen dataclass over `Tree`. A field of a node's type is a part, a tuple of them several, and anything else
is the node's own, unless its type is annotated with another `Role`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum, auto
from functools import cache, cached_property
from typing import Annotated, Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints

__all__ = ["Operand", "Role", "Tree", "fold", "operands", "walk"]

P = TypeVar("P")
R = TypeVar("R")


class Role(Enum):
    """What a field of a node is to it."""

    OWN = auto()  #: names or values of the node's own
    PART = auto()  #: a node below
    PARTS = auto()  #: several nodes below
    ORIGIN = auto()  #: a node below that this one came from, of whose value its own is not made
    READ = auto()  #: names of the part's, kept as far as the part has them
    SOME = auto()  #: the same; without any the node is its part


@dataclass(frozen=True, slots=True)
class Operand:
    """A field of a kind of node: its role, and the type of the part, or of each of the parts, that it holds."""

    name: str
    role: Role
    kind: type


@cache
def operands(kind: type) -> tuple[Operand, ...]:
    """The fields of a kind of node, in the order in which they are declared."""
    types = get_type_hints(kind, include_extras=True)
    return tuple(_operand(field.name, types[field.name]) for field in fields(kind) if field.init)


def _operand(name: str, declared: Any) -> Operand:
    role = None
    if get_origin(declared) is Annotated:
        declared, role = get_args(declared)
    several = get_origin(declared) is tuple
    kind = get_args(declared)[0] if several else declared
    if isinstance(kind, type) and issubclass(kind, Tree):
        return Operand(name, role or (Role.PARTS if several else Role.PART), kind)
    return Operand(name, role or Role.OWN, object)


class Tree(Generic[P]):
    """A node over nodes of type P."""

    @cached_property
    def parts(self) -> tuple[P, ...]:
        """The nodes directly below, in the order of the fields."""
        return self._held(Role.ORIGIN, Role.PART, Role.PARTS)

    @cached_property
    def made_of(self) -> tuple[P, ...]:
        """The parts that the node's value is made of: all but what it only came from."""
        return self._held(Role.PART, Role.PARTS)

    def _held(self, *roles: Role) -> tuple[P, ...]:
        held, kind = list[P](), type(self)
        for operand in operands(cast(type, kind)):
            if operand.role in roles:
                value = getattr(self, operand.name)
                held += value if operand.role is Role.PARTS else (value,)
        return tuple(held)


def walk(root: Tree[P]) -> Iterator[P]:
    """Every node below and including the root, each once, parts before wholes; no recursion."""
    seen: set[int] = set()
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((part, False) for part in reversed(node.parts) if id(part) not in seen)


def fold(root: Tree[P], visit: Callable[[P, Mapping[P, R]], R]) -> R:
    """The value of `visit` at the root, where `visit(node, values)` finds its parts' values in `values`."""
    values: dict[P, R] = {}
    for node in walk(root):
        values[node] = visit(node, values)
    return values[cast(P, root)]

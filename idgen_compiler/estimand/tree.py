"""Trees whose parts are declared once: what stands below a node, walking and folding follow from its fields' types.

A node is a frozen dataclass over `Tree`. A field of a node's type is a part, a tuple of them several, and anything else
is the node's own, unless its type is annotated with another `Role`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from enum import Enum, auto
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

__all__ = ["Operand", "FieldRole", "Tree", "fold", "operands", "walk"]

P = TypeVar("P")
R = TypeVar("R")


class FieldRole(Enum):
    """What a field of a node is to it."""

    OWN = auto()  #: names or values of the node's own
    PART = auto()  #: a node below
    PARTS = auto()  #: several nodes below
    ORIGIN = auto()  #: a node below that this one came from, of whose value its own is not made
    READ = auto()  #: names of the part's, kept as far as the part has them
    SOME = auto()  #: the same; without any the node is its part


class Operand(NamedTuple):
    """A field of a kind of node: its role, and the type of the part, or of each of the parts, that it holds."""

    name: str
    role: FieldRole
    kind: type


@cache
def operands(kind: type) -> tuple[Operand, ...]:
    """The fields of a kind of node, in the order in which they are declared."""
    types = get_type_hints(kind, include_extras=True)
    return tuple(_operand(field.name, types[field.name]) for field in fields(kind))


def _operand(name: str, declared: Any) -> Operand:
    role = None
    if get_origin(declared) is Annotated:
        declared, role = get_args(declared)
    several = get_origin(declared) is tuple
    kind = get_args(declared)[0] if several else declared
    if isinstance(kind, type) and issubclass(kind, Tree):
        return Operand(name, role or (FieldRole.PARTS if several else FieldRole.PART), kind)
    return Operand(name, role or FieldRole.OWN, object)


class _Readers(dict[type, Callable[[Any], tuple[Any, ...]]]):
    """Kind of node -> what reads the nodes in its fields of some roles, put together when first asked for."""

    def __init__(self, *roles: FieldRole) -> None:
        self.roles = roles

    def __missing__(self, kind: type) -> Callable[[Any], tuple[Any, ...]]:
        held = [
            (operand.name, operand.role is FieldRole.PARTS) for operand in operands(kind) if operand.role in self.roles
        ]
        self[kind] = reader = _reader(held)
        return reader


def _reader(held: Sequence[tuple[str, bool]]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads some fields, each with one node or a tuple of several; quick, since walks do little else."""
    match held:
        case []:
            return lambda node: ()
        case [(name, True)]:
            return attrgetter(name)
        case [(name, False)]:
            return lambda node: (getattr(node, name),)
    first, rest = _reader(held[:1]), _reader(held[1:])
    return lambda node: first(node) + rest(node)


_PARTS = _Readers(FieldRole.ORIGIN, FieldRole.PART, FieldRole.PARTS)
_MADE_OF = _Readers(FieldRole.PART, FieldRole.PARTS)


class Tree(Generic[P]):
    """A node over nodes of type P."""

    @property
    def parts(self) -> tuple[P, ...]:
        """The nodes directly below, in the order of the fields."""
        return _PARTS[type(self)](self)

    @property
    def made_of(self) -> tuple[P, ...]:
        """The parts that the node's value is made of: all but what it only came from."""
        return _MADE_OF[type(self)](self)


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
            below = [(part, False) for part in reversed(node.parts) if id(part) not in seen]
            if below:
                stack.append((node, True))
                stack += below
            else:
                yield node


def fold(root: Tree[P], visit: Callable[[P, Mapping[P, R]], R]) -> R:
    """The value of `visit` at the root, where `visit(node, values)` finds its parts' values in `values`."""
    values: dict[P, R] = {}
    for node in walk(root):
        values[node] = visit(node, values)
    return values[cast(P, root)]

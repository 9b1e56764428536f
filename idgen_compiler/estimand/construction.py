"""Forgiving constructors: what is trivial disappears, what is named twice is named once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from idgen_compiler.estimand.nodes import Conditional, Free, Kernel, Law, Marginal, Product
from idgen_compiler.estimand.tree import FieldRole, operands
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import bits

__all__ = ["conditionals", "free", "marginal", "product", "with_parts"]


def conditionals(law: Law, graph: ADMG, vertices: int) -> list[Kernel]:
    """P(v_i | predecessors) in a law for each vertex of a bitset, in the one topological order.

    The predecessors are those in `graph`, the part of the law's graph that the recursion has arrived at (the rest is
    summed out), and the law's fixed vertices.
    """
    scope = graph.mask | law.graph.fixed_mask
    names = graph.names(scope)
    return [Conditional(law, (names[k],), names[:k]) for k, i in enumerate(bits(scope)) if vertices >> i & 1]


def product(factors: Sequence[Kernel]) -> Kernel:
    """The product, or the factor itself when there is one."""
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def marginal(body: Kernel, over: Iterable[str]) -> Kernel:
    """The sum over some targets, or the body itself when there are none."""
    names = tuple(over)
    return Marginal(body, names) if names else body


def free(body: Kernel, over: Iterable[str]) -> Kernel:
    """The body with those of `over` that it takes as inputs marked as free."""
    inputs = set(body.inputs)
    names = tuple(n for n in over if n in inputs)
    return Free(body, names) if names else body


def with_parts(node: Kernel, parts: Sequence[Kernel]) -> Kernel:
    """The same kind of node over other parts, which have the same targets and perhaps fewer inputs.

    What the node reads from its part is kept as far as the part has it; a node that is nothing but its one part, such
    as a product of one factor, is that part.  Raises TypeError for a part that the node cannot have.
    """
    if tuple(parts) == node.parts:
        return node
    part, rest, values = parts[0], iter(parts), list[Any]()
    for name, role, kind in operands(type(node)):
        value: Any = getattr(node, name)
        if role is FieldRole.PARTS:  # the last of the parts
            value = tuple(rest)
        elif role is FieldRole.PART or role is FieldRole.ORIGIN:
            part = value = next(rest)
            if not isinstance(value, kind):
                raise TypeError(f"no way to rebuild {type(node).__name__} over {value!r}")
        elif role is not FieldRole.OWN:
            scope = part.scope
            if not (value and isinstance(value[0], str) and scope.issuperset(value)):
                value = tuple([item for item in value if (item if isinstance(item, str) else item[0]) in scope])
            if role is FieldRole.SOME and not value:
                return part
        values.append(value)
    return part if values == [(part,)] else type(node)(*values)

"""Forgiving constructors: what is trivial disappears, what is named twice is named once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.estimand.nodes import Conditional, Free, Kernel, Law, Marginal, Product
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import bits

__all__ = ["conditionals", "free", "marginal", "product"]


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

"""Forgiving constructors: what is trivial disappears, what is named twice is named once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.estimand.nodes import Conditional, Free, Kernel, Law, Marginal, Product
from idgen_compiler.graph.admg import ADMG

__all__ = ["conditional", "free", "marginal", "product"]


def conditional(law: Law, graph: ADMG, i: int) -> Conditional:
    """P(v_i | predecessors) in a law: those of `graph` and the law's fixed vertices, in the one topological order.

    `graph` is the graph that the recursion has arrived at, part of the law's; the rest of the law is summed out.
    """
    before = (graph.mask | law.graph.fixed_mask) & ((1 << i) - 1)
    return Conditional(law, graph.names(1 << i), graph.names(before))


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

"""Conditionals with no more inputs than matter, by the graph of their law."""

from __future__ import annotations

from collections.abc import Mapping

from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import bits
from idgen_compiler.graph.separation import touched_mask

__all__ = ["Chain", "chain_of", "minimal_conditionals", "minimized", "own_factor"]

Chain = Mapping[int, tuple[Conditional, int]]
"""The factors of an intervened law by their one target, as a bit, each with what it needs, as a bitset."""


def minimized(node: Conditional) -> Conditional:
    """The conditional with the inputs that matter; itself when all do or the law has no graph."""
    if not isinstance(node.of, Law) or not node.given:
        return node
    graph = node.of.graph
    target, given = node.masks
    # Fixed vertices that are no inputs do not matter to the conditional, yet have a value: they block like inputs.
    kept = touched_mask(graph, target, given | graph.fixed_mask) & given
    return node if kept == given else Conditional(node.of, node.to, graph.names(kept))


def minimal_conditionals(law: Law, graph: ADMG, vertices: int) -> list[Kernel]:
    """What `construction.conditionals` makes, minimized: without writing down first what does not matter.

    The vertices of `graph` are an ancestral set of the law's, so that of predecessors the Markov pillow matters.
    """
    inside = law.graph.restricted(graph.mask | law.graph.fixed_mask)
    chain = chain_of(law) if isinstance(law, Intervened) else {}
    found: list[Kernel] = []
    for i in bits(vertices & inside.mask):
        factor, needed = chain.get(1 << i, (None, 0))
        if factor is None or needed & ~(inside.mask & (1 << i) - 1):
            factor = Conditional(law, inside.names(1 << i), inside.names(inside.markov_pillow_mask(i)))
        found.append(factor)
    return found


def chain_of(law: Intervened) -> Chain:
    """The factors where each needs only what comes before its target, or is fixed; none where that fails for one."""
    found, graph = dict[int, tuple[Conditional, int]](), law.graph
    for factor in law.factors:
        if not isinstance(factor, Conditional) or len(factor.to) > 1:
            return {}
        target, needed = graph.mask_of(factor.to), graph.mask_of(factor.given)
        if needed & ~(target - 1 | graph.fixed_mask):
            return {}
        found[target] = factor, needed
    return found


def own_factor(node: Conditional, chain: Chain) -> Conditional | None:
    """The factor of its law that a conditional is: it is given all that this one needs, and nothing later.

    None where it is none.
    """
    (target, given), graph = node.masks, node.of.graph  # type: ignore[attr-defined]
    factor, needed = chain.get(target, (None, 0))
    return None if needed & ~given or given & graph.random_mask & ~(target - 1) else factor

"""Markov minimization: condition on what matters only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idgen_compiler.estimand.construction import product
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law
from idgen_compiler.graph.separation import touched_mask
from idgen_compiler.rewrites.rewrite import Rewrite, everywhere

__all__ = ["Minimize", "minimized"]


@dataclass(frozen=True)
class Minimize(Rewrite):
    """Drop every input that is m-separated from the targets given the rest, in the law's CADMG.

    In a law that is Markov to its CADMG, T m-separated from z given the other inputs means that the conditional is the
    same function without z (global Markov property: Richardson 2003, theorem 2; for CADMGs Richardson, Evans, Robins
    and Shpitser 2023, theorem 31). For the whole ancestral prefix what remains is the Markov pillow. A conditional of
    several targets is first split by the chain rule, so that each is minimized on its own.

    Before: P(Y | X, M)    After: P(Y | M)    on X -> M -> Y

    An intervened law is the product of its factors, each given what comes before its target. So a conditional given all
    that its own factor needs, and nothing that comes later, is that factor: nested laws have the same ones over and
    over.

    Before: P(Y | W, X ; do(R)), of the law P(W) P(Y | W, X)    After: P(Y | W, X)
    """

    def apply(self, kernel: Kernel) -> Kernel:
        chains: dict[Intervened, Mapping[int, Conditional]] = {}

        def visit(node: Kernel) -> Kernel:
            if not isinstance(node, Conditional):
                return node
            if not isinstance(node.of, Intervened):
                return product([minimized(part) for part in split(node)])
            if node.of not in chains:
                chains[node.of] = _chain(node.of)
            return product([_factor(part, chains[node.of]) or minimized(part) for part in split(node)])

        return everywhere(kernel, visit)


def _chain(law: Intervened) -> Mapping[int, Conditional]:
    """Target -> its factor, where each needs only what comes before its target, or is fixed; empty where that fails."""
    found, fixed = dict[int, Conditional](), law.graph.fixed_mask
    for factor in law.factors:
        if not isinstance(factor, Conditional) or len(factor.to) > 1:
            return {}
        target = law.graph.mask_of(factor.to)
        if law.graph.mask_of(factor.given) & ~(target - 1 | fixed):
            return {}
        found[target] = factor
    return found


def _factor(node: Conditional, chain: Mapping[int, Conditional]) -> Conditional | None:
    """The factor that a conditional of an intervened law is; None where it is none."""
    target, given = node.masks
    graph, factor = node.of.graph, chain.get(target)  # type: ignore[attr-defined]
    if factor is None or given & graph.random_mask & ~(target - 1):
        return None
    return None if graph.mask_of(factor.given) & ~given else factor


def split(node: Conditional) -> list[Conditional]:
    """The chain rule: each target given the inputs and the targets before it."""
    if len(node.to) == 1:
        return [node]
    return [Conditional(node.of, (target,), node.given + node.to[:k]) for k, target in enumerate(node.to)]


def minimized(node: Conditional) -> Conditional:
    """The conditional with the inputs that matter; itself when all do or the law has no graph."""
    if not isinstance(node.of, Law) or not node.given:
        return node
    graph = node.of.graph
    target, given = node.masks
    # Fixed vertices that are no inputs do not matter to the conditional, yet have a value: they block like inputs.
    kept = touched_mask(graph, target, given | graph.fixed_mask) & given
    return node if kept == given else Conditional(node.of, node.to, graph.names(kept))

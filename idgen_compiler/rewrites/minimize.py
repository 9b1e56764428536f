"""Markov minimization: condition on what matters only."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.estimand.construction import product
from idgen_compiler.estimand.nodes import Conditional, Kernel, Law
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
    """

    def apply(self, kernel: Kernel) -> Kernel:
        return everywhere(kernel, _visit)


def _visit(node: Kernel) -> Kernel:
    if not isinstance(node, Conditional):
        return node
    return product([minimized(part) for part in split(node)])


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
    target, given, fixed = graph.mask_of(node.to), graph.mask_of(node.given), graph.fixed_mask
    # Fixed vertices that are no inputs do not matter to the conditional, yet have a value: they block like inputs.
    kept = touched_mask(graph, target, given | fixed) & given
    return node if kept == given else Conditional(node.of, node.to, graph.names(kept))

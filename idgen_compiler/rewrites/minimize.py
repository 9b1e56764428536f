"""Markov minimization: condition on what matters only."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.estimand.construction import product
from idgen_compiler.estimand.minimal import Chain, chain_of, minimized, own_factor
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel
from idgen_compiler.rewrites.rewrite import Rewrite, everywhere

__all__ = ["Minimize", "split"]


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
        chains: dict[Intervened, Chain] = {}

        def visit(node: Kernel) -> Kernel:
            if not isinstance(node, Conditional):
                return node
            if not isinstance(node.of, Intervened):
                return product([minimized(part) for part in split(node)])
            if node.of not in chains:
                chains[node.of] = chain_of(node.of)
            return product([own_factor(part, chains[node.of]) or minimized(part) for part in split(node)])

        return everywhere(kernel, visit)


def split(node: Conditional) -> list[Conditional]:
    """The chain rule: each target given the inputs and the targets before it."""
    if len(node.to) == 1:
        return [node]
    return [Conditional(node.of, (target,), node.given + node.to[:k]) for k, target in enumerate(node.to)]

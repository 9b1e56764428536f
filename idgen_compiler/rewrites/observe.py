"""Observe when exchangeable: leave an intervened law for the law that it came from."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel
from idgen_compiler.graph.separation import m_separated_mask
from idgen_compiler.rewrites.minimise import minimised
from idgen_compiler.rewrites.rewrite import Rewrite, everywhere

__all__ = ["Observe", "observed"]


@dataclass(frozen=True)
class Observe(Rewrite):
    """P(t | i ; do(R)) becomes P(t | i, R) where intervening on R and seeing R are the same for t.

    Rule 2 of the do-calculus (Pearl 2009, theorem 3.4.1), read backwards in the law L that the intervention was made
    in: it holds when t is m-separated from R given the other inputs in L's CADMG without the edges out of R.
    What is conditioned on in L is minimised at once, and the rule is tried again there when L is intervened itself.

    Before: P(W2 | W1 ; do(X))    After: P(W2 | W1, X)    on X -> W2 <- W1, with no hidden cause of X and W2
    """

    def apply(self, kernel: Kernel) -> Kernel:
        return everywhere(kernel, _visit)


def _visit(node: Kernel) -> Kernel:
    return observed(node) if isinstance(node, Conditional) else node


def observed(node: Conditional) -> Conditional:
    """The conditional in the outermost law that the rule reaches; itself when the rule does not hold."""
    while isinstance(node.of, Intervened):
        law = node.of.law
        graph = law.graph
        target, fixed = graph.mask_of(node.to), graph.mask_of(node.of.do)
        given = (graph.mask_of(node.given) | graph.fixed_mask) & ~fixed
        if not m_separated_mask(graph.mutilated_mask(out_of=fixed), target, fixed, given):
            break
        # Fixed vertices of L that the conditional did not need, it does not need in L either.
        inputs = graph.mask_of(node.given) | fixed
        node = minimised(Conditional(law, node.to, graph.names(inputs)))
    return node

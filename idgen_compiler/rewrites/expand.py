"""Expansion: bring in a variable that makes both halves observable."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.estimand.construction import product
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Marginal
from idgen_compiler.rewrites.eliminate import eliminated
from idgen_compiler.rewrites.exchange import exchanged
from idgen_compiler.rewrites.minimize import minimized
from idgen_compiler.rewrites.rewrite import Rewrite, everywhere, is_free_of_regeneration

__all__ = ["Expand"]


@dataclass(frozen=True)
class Expand(Rewrite):
    """P(t | i ; do(R)) becomes the sum over u of P(u | i ; do(R)) P(t | u, i ; do(R)), both without regeneration.

    The law of total probability with a variable u of the same law, taken where minimization, observation and
    elimination then realize both conditionals from the observed law alone. A posterior that the network of the law
    cannot sample forwards is often an observed one once the right variable is known: on the front-door graph with a
    child Q of the mediator M,

    Before: P(Y | Q ; do(X))    After: sum over M of P(M | X, Q) (sum over X' of P(X') P(Y | X', M))

    `depth` is how many variables may be brought in one after the other, `breadth` how many are tried at each step.
    """

    depth: int = 2
    breadth: int = 12

    def apply(self, kernel: Kernel) -> Kernel:
        memory: dict[tuple[Conditional, int], Kernel | None] = {}

        def visit(node: Kernel) -> Kernel:
            if isinstance(node, Conditional) and isinstance(node.of, Intervened) and len(node.to) == 1:
                return self._without_regeneration(node, self.depth, memory) or node
            return node

        return everywhere(kernel, visit)

    def _without_regeneration(
        self, node: Conditional, depth: int, memory: dict[tuple[Conditional, int], Kernel | None]
    ) -> Kernel | None:
        """The conditional as a kernel of the observed law, or None when none is found within the depth."""
        key = (node, depth)
        if key not in memory:
            memory[key] = self._search(node, depth, memory)
        return memory[key]

    def _search(
        self, node: Conditional, depth: int, memory: dict[tuple[Conditional, int], Kernel | None]
    ) -> Kernel | None:
        smaller = exchanged(minimized(node))
        direct = eliminated([smaller]) or smaller
        if is_free_of_regeneration(direct):
            return direct
        if depth == 0:
            return None
        law, known = node.of, {*node.to, *node.given}
        for u in [t for t in law.targets if t not in known][: self.breadth]:
            of_u = self._without_regeneration(Conditional(law, (u,), node.given), depth - 1, memory)
            if of_u is None:
                continue
            given = (*node.given, u)
            of_t = self._without_regeneration(Conditional(law, node.to, given), depth - 1, memory)
            if of_t is not None:
                return Marginal(product([of_u, of_t]), (u,))
        return None

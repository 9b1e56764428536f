"""Expansion: bring in a variable that makes both halves observable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idgen_compiler.estimand.construction import product, with_parts
from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Marginal
from idgen_compiler.estimand.tree import fold
from idgen_compiler.rewrites.eliminate import eliminated
from idgen_compiler.rewrites.exchange import exchanged
from idgen_compiler.rewrites.rewrite import Rewrite, is_free_of_regeneration

__all__ = ["Expand"]

_Memory = dict[tuple[Conditional, int], Kernel | None]
"""A conditional and how many variables may be brought in for it -> what was found."""


@dataclass(frozen=True)
class Expand(Rewrite):
    """P(t | i ; do(R)) becomes the sum over u of P(u | i ; do(R)) P(t | u, i ; do(R)), both without regeneration.

    The law of total probability with a variable u of the same law, taken where minimization, observation and
    elimination then realize both conditionals from the observed law alone. A posterior that the network of the law
    cannot sample forwards is often an observed one once the right variable is known: on the front-door graph with a
    child Q of the mediator M,

    Before: P(Y | Q ; do(X))    After: sum over M of P(M | X, Q) (sum over X' of P(X') P(Y | X', M))

    Several conditionals of one law that are together its P(T | i) share one u, where that realizes them all.

    `depth` is how many variables may be brought in one after the other, `breadth` how many are tried at each step.
    """

    depth: int = 2
    breadth: int = 12

    def apply(self, kernel: Kernel) -> Kernel:
        memory: _Memory = {}

        def visit(node: Kernel, values: Mapping[Kernel, Kernel]) -> Kernel:
            parts = [values[part] for part in node.parts]
            if isinstance(node, Conditional):
                new = with_parts(node, parts)
                return self._alone(new, memory) if isinstance(new, Conditional) else new
            first = len(parts) - len(node.made_of)
            parts[first:] = self._settle(node.made_of, parts[first:], memory)
            return with_parts(node, parts)

        return fold(kernel, visit)

    def _alone(self, node: Conditional, memory: _Memory) -> Kernel:
        if isinstance(node.of, Intervened) and len(node.to) == 1:
            return self._without_regeneration(node, self.depth, memory) or node
        return node

    def _settle(self, before: Sequence[Kernel], after: Sequence[Kernel], memory: _Memory) -> list[Kernel]:
        """The factors of one product, of which groups are expanded together where single ones could not be."""
        by_law: dict[Kernel, list[Conditional]] = {}
        stuck: set[Kernel] = set()
        for old, new in zip(before, after, strict=True):
            if isinstance(old, Conditional) and isinstance(old.of, Intervened) and len(old.to) == 1:
                by_law.setdefault(old.of, []).append(old)
                if not is_free_of_regeneration(new):
                    stuck.add(old.of)
        done: dict[Kernel, list[Kernel]] = {}
        for law in stuck:
            members = by_law[law]
            if len(members) > 1 and (whole := self._together(members, memory)) is not None:
                done[members[0]] = [whole]
                done.update((member, []) for member in members[1:])
        return [kept for old, new in zip(before, after, strict=True) for kept in done.get(old, [new])]

    def _together(self, members: Sequence[Conditional], memory: _Memory) -> Kernel | None:
        """The sum over u of P(u | i) P(T | u, i), of several conditionals that are P(T | i) by the chain rule."""
        law = members[0].of
        order = {name: k for k, name in enumerate(law.targets)}
        chain = sorted(members, key=lambda member: order[member.to[0]])
        targets = [member.to[0] for member in chain]
        shared = tuple(dict.fromkeys(n for member in chain for n in member.given if n not in targets))
        if _chained(law, targets, shared) != chain:
            return None
        known = {*targets, *shared}
        for u in [t for t in law.targets if t not in known][: self.breadth]:
            of_u = self._without_regeneration(Conditional(law, (u,), shared), self.depth - 1, memory)
            if of_u is None:
                continue
            rest = eliminated(_chained(law, targets, (*shared, u)))
            if rest is not None and is_free_of_regeneration(rest):
                return Marginal(product([of_u, rest]), (u,))
        return None

    def _without_regeneration(self, node: Conditional, depth: int, memory: _Memory) -> Kernel | None:
        """The conditional as a kernel of the observed law, or None when none is found within the depth."""
        key = (node, depth)
        if key not in memory:
            memory[key] = self._search(node, depth, memory)
        return memory[key]

    def _search(self, node: Conditional, depth: int, memory: _Memory) -> Kernel | None:
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


def _chained(law: Kernel, targets: Sequence[str], given: Sequence[str]) -> list[Conditional]:
    """P(targets | given) by the chain rule, each conditional with the inputs that matter."""
    return [minimized(Conditional(law, (t,), (*given, *targets[:k]))) for k, t in enumerate(targets)]

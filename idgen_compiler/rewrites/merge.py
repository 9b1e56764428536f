"""Merging: conditionals of a law's margin are conditionals of the law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel
from idgen_compiler.estimand.tree import walk
from idgen_compiler.rewrites.rewrite import Rewrite, everywhere

__all__ = ["Merge"]


@dataclass(frozen=True)
class Merge(Rewrite):
    """P(t | i) of one intervened law becomes P(t | i) of a larger one, of which the first is a margin.

    Both laws are made in the same law, the factors of the smaller are among those of the larger, and what it fixes the
    larger fixes too. Then no factor of the smaller depends on the larger one's further targets, whose factors sum to
    one, so that the smaller is the law of its targets in the larger (Tian and Pearl 2002, lemma 3: Q of an ancestral
    set is a margin). One data set then serves both, and elimination sees their conditionals as one group.

    Before: P(X ; do(W)) of P(U, X ; do(W)), P(Y | X ; do(W)) of P(U, X, Y ; do(W))    After: both of P(U, X, Y ; do(W))
    """

    def apply(self, kernel: Kernel) -> Kernel:
        while larger := _larger(kernel):

            def moved(node: Kernel, larger: Mapping[Kernel, Intervened] = larger) -> Kernel:
                if not isinstance(node, Conditional) or node.of not in larger:
                    return node
                return Conditional(larger[node.of], node.targets, node.inputs)

            kernel = everywhere(kernel, moved)
        return kernel


def _larger(kernel: Kernel) -> dict[Kernel, Intervened]:
    """Laws that conditionals are taken of and that are margins of others: each with the last one that holds it."""
    by_origin: dict[Kernel, list[Intervened]] = {}
    for law in dict.fromkeys(node.of for node in walk(kernel) if isinstance(node, Conditional)):
        if isinstance(law, Intervened):
            by_origin.setdefault(law.law, []).append(law)
    found: dict[Kernel, Intervened] = {}
    for group in by_origin.values():
        for small in group:
            held = (law for law in group if _is_margin(small, law) and small not in set(walk(law)))
            if (large := next(held, None)) is not None:
                found[small] = large
    for each in found:
        while (larger := found.get(found[each])) is not None:
            found[each] = larger
    return found


def _is_margin(small: Intervened, large: Intervened) -> bool:
    return (
        len(small.factors) < len(large.factors)
        and set(small.do) <= set(large.do)
        and set(small.factors) <= set(large.factors)
    )

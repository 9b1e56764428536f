"""Reweighting instead of regenerating: the second way to realize an intervened law (design, rewrite 5)."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.estimand.construction import conditionals
from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law, Observed

__all__ = ["Weights", "weights_of"]


@dataclass(frozen=True, slots=True)
class Weights:
    """How the rows of `law` become rows of an intervened law: each weighs policy(x) / P(x | ...) for these."""

    law: Law
    by: tuple[Conditional, ...]


def weights_of(kernel: Kernel) -> Weights | None:
    """The weights that realize an intervened law from the law it came from; None where weights cannot.

    P(d ; do(r)) policy(r) = P(d, r) prod policy(r_i) / P(r_i | predecessors) when the targets d make up whole districts
    of the graph of all ancestors of d and r: then the conditionals of d are those of the law itself (Tian and Pearl
    2002, lemma 1), and the others are divided out or sum to one. After line 7 of ID this always holds.
    """
    if not isinstance(kernel, Intervened):
        return None
    law, graph = kernel.law, kernel.law.graph
    if isinstance(law, Observed) and not {*law.unobserved, *law.bound}.isdisjoint((*kernel.targets, *kernel.do)):
        return None  # the rows have no such column, or may not stand for what is bound
    d, r = graph.mask_of(kernel.targets), graph.mask_of(kernel.do)
    within = graph.ancestral_mask(d | r)
    if any(district & d and district & ~d for district in within.districts_mask()):
        return None
    by = tuple(minimized(c) for c in conditionals(law, within, r) if isinstance(c, Conditional))
    if isinstance(law, Observed) and any(not set(law.unobserved).isdisjoint(c.given) for c in by):
        return None
    return Weights(law, by)

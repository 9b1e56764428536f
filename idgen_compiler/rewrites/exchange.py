"""Exchange when exchangeable: leave an intervened law for the law that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law, Observed
from idgen_compiler.graph.paths import open_path
from idgen_compiler.graph.separation import open_mask
from idgen_compiler.rewrites.rewrite import Rewrite, everywhere

__all__ = ["Exchange", "exchanged", "why_not_exchanged"]

T = TypeVar("T")


@dataclass(frozen=True)
class Exchange(Rewrite):
    """P(t | i ; do(R)) becomes P(t | i) in the law L that the intervention was made in, where it left that alone.

    Give L's CADMG, for every r in R, a parent F_r that says whether r was set or arose by itself. When t is m-separated
    from them all given i, setting R or seeing it makes no difference to the conditional (Pearl 2009, section 3.2.2,
    and theorem 3.4.1: rule 2 of the do-calculus for the r in i, rule 3 for the others, both read backwards). It is
    tried with i as it stands, then with all of R seen. Where L is intervened itself, the laws that it came from are
    tried first, with everything that was set on the way as R. What is conditioned on is minimized at once.

    A bound kernel is a mechanism that need not be the data's, and so counts as set by hand: a conditional that would
    change with it stays where it is. Nor is there a conditional of P(V) for variables that no table holds.

    Before: P(W2 | W1, X ; do(X))    After: P(W2 | W1, X)    on X -> W2 <- W1, with no hidden cause of X and W2
    """

    def apply(self, kernel: Kernel) -> Kernel:
        asked = _Asked()

        def visit(node: Kernel) -> Kernel:
            return exchanged(node, asked) if isinstance(node, Conditional) else node

        return everywhere(kernel, visit)


def exchanged(node: Conditional, asked: _Asked | None = None) -> Conditional:
    """The conditional in the outermost law that the rule reaches; itself when the rule does not hold.

    `asked` remembers what was asked of the same laws before.
    """
    asked = asked or _Asked()
    while (found := _further_out(node, asked)) is not None:
        node = found
    return node


def _further_out(node: Conditional, asked: _Asked) -> Conditional | None:
    """The conditional in a law further out, the outermost first; None when it is none of theirs."""
    if not isinstance(node.of, Intervened):
        return None
    target, given = node.masks
    for origin in asked.origins(node.of):
        law = origin.law
        for inputs in (given, given | origin.regime):
            if isinstance(law, Observed) and not _is_held(law, target | inputs):
                continue
            if not asked.open(law, target, inputs) & (origin.regime | origin.brought):
                # Fixed vertices of L that the conditional did not need, it does not need in L either.
                return minimized(Conditional(law, node.to, law.graph.names(inputs)))
    return None


class _Origin(NamedTuple):
    """A law that another came from: what was set on the way, and what is bound, as bitsets of its graph."""

    law: Law
    regime: int
    brought: int


class _Asked:
    """What was asked of laws: for nested ones the same again and again."""

    def __init__(self) -> None:
        self._origins: dict[Intervened, tuple[_Origin, ...]] = {}
        self._open: dict[tuple[Law, int, int], int] = {}

    def origins(self, law: Intervened) -> tuple[_Origin, ...]:
        """The laws to try for a law's conditionals, in that order."""
        if law not in self._origins:
            self._origins[law] = tuple(_origins(law))
        return self._origins[law]

    def open(self, law: Law, target: int, inputs: int) -> int:
        """Where a regime would be seen at the target given the inputs: one reachability for all regimes."""
        key = (law, target, inputs)
        if key not in self._open:
            self._open[key] = open_mask(law.graph, target, inputs | law.graph.fixed_mask)
        return self._open[key]


def _origins(inner: Intervened) -> Iterator[_Origin]:
    law: Law = inner
    set_by_hand, laws = list[str](), list[tuple[Law, int]]()
    while isinstance(law, Intervened):
        set_by_hand += law.do
        law = law.law
        laws.append((law, len(set_by_hand)))
    bound = law.bound if isinstance(law, Observed) else ()
    for each, count in reversed(_tried(laws)):
        graph = each.graph
        brought = graph.mask_of(graph.random.intersection(bound)) if bound else 0
        yield _Origin(each, graph.mask_of(set_by_hand[:count]), brought)


def _is_held(law: Observed, names: int) -> bool:
    """Whether the data have a column for each of these vertices."""
    return not law.unobserved or set(law.unobserved).isdisjoint(law.graph.names(names))


def _tried(origins: Sequence[T]) -> list[T]:
    """The two nearest laws and the two outermost.

    In deep nests those in between are skipped: they are reached one by one from the nearest where the rule holds.
    """
    return [*origins[:2], *origins[2:][-2:]]


def why_not_exchanged(node: Conditional) -> tuple[str, ...]:
    """The open path between the regime and the target in the law that the intervention was made in; empty without one.

    Of the two conditions that the rule tries, the one as it stands: `("do(W)", "->", "W", "<->", "Y")`.
    """
    if not isinstance(node.of, Intervened):
        return ()
    graph = node.of.law.graph
    target, given, regime = graph.mask_of(node.to), graph.mask_of(node.given), graph.mask_of(node.of.do)
    return open_path(graph, 0, target, given | graph.fixed_mask, entered=regime)

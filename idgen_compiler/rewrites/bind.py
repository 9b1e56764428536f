"""Binding: kernels that somebody brings take the place of the conditionals that they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeGuard

from idgen_compiler.errors import QueryError
from idgen_compiler.estimand.construction import free, product
from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.nodes import Bound, Conditional, Intervened, Kernel, Names, Observed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.paths import open_path
from idgen_compiler.graph.separation import m_separated_mask
from idgen_compiler.rewrites.exchange import exchanged
from idgen_compiler.rewrites.minimize import split
from idgen_compiler.rewrites.rewrite import Rewrite, everywhere

__all__ = ["NOTHING", "Bind"]


@dataclass(frozen=True)
class Bind(Rewrite):
    """P(t | i) of the observed law becomes the bound kernel P(t | j), where the graph has the two equal.

    They are when t is m-separated from the rest of i given j, and from the rest of j given i: then both are
    P(t | i, j) (global Markov property: Richardson 2003, theorem 2). `kernels` are the bound targets with their j,
    `functions` those of them that have one value for each value of j, `fallbacks` those whose conditional is learned
    from the data as well, and `unobserved` the variables that no table holds.

    What conditions on variables that no table holds is minimized, so that it does not where they do not matter.

    Before: Σ_m P(m | x) P(y | x, m)    After: the same with the kernel that is brought for P(M | X)    on X -> M -> Y
    """

    kernels: tuple[tuple[str, Names], ...] = ()
    functions: Names = ()
    unobserved: Names = ()
    fallbacks: Names = ()

    @cached_property
    def inputs(self) -> Mapping[str, Names]:
        """Bound target -> what its kernel conditions on."""
        return dict(self.kernels)

    @property
    def names(self) -> frozenset[str]:
        """Every variable that is bound, that a bound kernel reads, or that no table holds."""
        return frozenset((*self.inputs, *(name for given in self.inputs.values() for name in given), *self.unobserved))

    def data(self, graph: ADMG) -> Observed:
        """P(V) on a graph, of which no table holds some variables."""
        return Observed(graph, "", tuple(name for name in self.unobserved if name in graph))

    def apply(self, kernel: Kernel) -> Kernel:
        """Raises QueryError where a kernel is not the conditional that it would stand for, or where one is missing."""
        if not self.kernels and not self.unobserved:
            return kernel
        new = everywhere(kernel, self._visit)
        bound = tuple(sorted({law.targets[-1] for law in walk(new) if isinstance(law, Bound)}))
        return everywhere(new, lambda node: replace(node, bound=bound) if _is_data(node) else node)

    def variants(self, kernel: Kernel) -> Iterator[Rewrite]:
        """Each conditional of P(V) brought in turn, and all of them together, where a variable has one only."""
        yield self
        found: dict[str, set[Names]] = {}
        for node in walk(kernel):
            if isinstance(node, Conditional) and isinstance(node.of, Observed) and len(node.to) == 1:
                found.setdefault(node.to[0], set()).add(tuple(sorted(minimized(node).given)))
        whole = tuple((target, next(iter(given))) for target, given in found.items() if len(given) == 1)
        for kernels in (*((one,) for one in whole), whole):
            yield replace(self, kernels=kernels)

    def _visit(self, node: Kernel) -> Kernel:
        if _is_data(node):
            return replace(self.data(node.graph), source=node.source)
        if not isinstance(node, Conditional):
            return node
        if isinstance(node.of, Observed) and not isinstance(node.of, Bound):
            return product([self._of_data(part, node.of.graph) for part in split(node)])
        if isinstance(node.of, Intervened) and len(node.to) == 1 and node.to[0] in self.inputs:
            return self._of_law(node)
        return node

    def _of_data(self, node: Conditional, graph: ADMG) -> Kernel:
        """A conditional of P(V): bound, or left to be trained on rows that hold what it names."""
        (target,) = node.to
        if target in self.inputs:
            path = self._why_not(node, graph)
            if path:
                raise QueryError(
                    f"{self.key(target)} is not what the answer needs, {_written(target, node.given)}: the graph has "
                    f"the path {' '.join(path)}; condition the kernel on what blocks it, or mend the graph"
                )
            return self._bound(target, node.given)
        if target in self.unobserved:
            needed = minimized(node).given
            raise QueryError(
                f"the answer needs {_written(target, needed)}, and no table holds {spelled(target)}; bind it, as in "
                f"bound=[{_written(target, needed, '')!r}], or observe it"
            )
        given = node.given if set(node.given).isdisjoint(self.unobserved) else minimized(node).given
        if missing := [name for name in given if name in self.unobserved]:
            raise QueryError(
                f"{_written(target, given)} would have to be learned, and no table holds {spelled_all(missing)}; bind "
                f"it, as in bound=[{_written(target, given, '')!r}], observe {spelled_all(missing)}, or compile with "
                f"latent=[{', '.join(map(repr, missing))}] where its value does not matter"
            )
        return node if given == node.given else Conditional(node.of, node.to, given)

    def _of_law(self, node: Conditional) -> Kernel:
        """A conditional of a bound variable in a law after an intervention: bound where that left it alone.

        Where it did not, it is a posterior, as conditional queries ask for, in a law whose network holds the kernel.
        """
        outside = exchanged(minimized(node))
        graph = outside.of.graph if isinstance(outside.of, Observed) else None
        if graph is None or self._why_not(outside, graph):
            return node
        return self._bound(node.to[0], node.given)

    def _bound(self, target: str, known: Iterable[str]) -> Kernel:
        """The kernel; an input that is not known where it stands may take any value, since it does not matter there."""
        function, fallback = target in self.functions, target in self.fallbacks
        kernel = Bound.kernel(target, self.inputs[target], function=function, fallback=fallback)
        here = set(known)
        return free(kernel, [name for name in kernel.given if name not in here])

    def _why_not(self, node: Conditional, graph: ADMG) -> tuple[str, ...]:
        """An open path by which the conditional differs from its target's bound kernel; empty where it does not."""
        (target,) = node.to
        t, i, j = graph.mask_of(node.to), graph.mask_of(node.given), graph.mask_of(self.inputs[target])
        for extra, given in ((i & ~j, j), (j & ~i, i)):
            if extra and not m_separated_mask(graph, t, extra, given):
                return open_path(graph, extra, t, given)
        return ()

    def key(self, target: str) -> str:
        """The bound conditional as a user writes it: P(I2 | I1, Male)."""
        return _written(target, self.inputs[target])


NOTHING = Bind()
"""Nothing is brought."""


def _is_data(node: Kernel) -> TypeGuard[Observed]:
    """Whether a node is the law of the data, and not of a bound kernel."""
    return isinstance(node, Observed) and not isinstance(node, Bound)


def _written(target: str, given: Iterable[str], law: str = "P") -> str:
    inputs = spelled_all(tuple(given))
    inside = f"{spelled(target)}{f' | {inputs}' if inputs else ''}"
    return f"{law}({inside})" if law else inside

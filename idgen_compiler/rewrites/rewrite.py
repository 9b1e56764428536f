"""What a rewrite is, and how one walks over an estimand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from idgen_compiler.estimand.build import free, product
from idgen_compiler.estimand.flatten import flatten
from idgen_compiler.estimand.nodes import (
    Conditional,
    Free,
    Intervened,
    Kernel,
    Law,
    Marginal,
    Observed,
    Product,
    Renamed,
    fold,
    walk,
)

__all__ = ["Rewrite", "everywhere", "regenerated", "with_parts"]


class Rewrite(ABC):
    """A function from estimand to estimand that keeps the law, for every positive law Markov to the graph.

    A rewrite is a frozen value whose fields are its options; its docstring states the theorem, its source and an
    example.
    """

    @property
    def name(self) -> str:
        """The rewrite's name in traces and options."""
        return type(self).__name__

    @abstractmethod
    def apply(self, kernel: Kernel) -> Kernel:
        """The rewritten kernel: the same targets and no new inputs."""


def everywhere(root: Kernel, rule: Callable[[Kernel], Kernel]) -> Kernel:
    """Apply a rule to every node, parts first, each rebuilt from its rewritten parts."""

    def visit(node: Kernel, values: Mapping[Kernel, Kernel]) -> Kernel:
        return rule(with_parts(node, [values[part] for part in node.parts]))

    return fold(root, visit)


def with_parts(node: Kernel, parts: Sequence[Kernel]) -> Kernel:
    """The same kind of node over other parts, which have the same targets and perhaps fewer inputs."""
    if all(new is old for new, old in zip(parts, node.parts, strict=True)):
        return node
    match node:
        case Conditional():
            scope = {*parts[0].targets, *parts[0].inputs}
            return Conditional(parts[0], node.to, tuple(n for n in node.given if n in scope))
        case Product():
            return product(list(parts))
        case Marginal():
            return Marginal(parts[0], node.over)
        case Free():
            return free(parts[0], node.over)
        case Renamed():
            scope = {*parts[0].targets, *parts[0].inputs}
            names = tuple((old, new) for old, new in node.names if old in scope)
            return Renamed(parts[0], names) if names else parts[0]
        case Intervened() if isinstance(parts[0], Law):
            return Intervened(parts[0], node.do, tuple(parts[1:]))
    raise TypeError(f"no way to rebuild {type(node).__name__}")


def regenerated(kernel: Kernel) -> tuple[Intervened, ...]:
    """The intervened laws that a program of this kernel has to regenerate (or reweight), inner ones first."""
    found: dict[Kernel, None] = {}
    needed = {kernel}
    for node in reversed(list(walk(kernel))):  # wholes before parts
        if node not in needed:
            continue
        match node:
            case Conditional():
                needed.add(node.of)
                if isinstance(node.of, Intervened):
                    found[node.of] = None
            case Intervened():
                needed.update(node.factors)
            case Observed():
                pass
            case _:
                needed.update(node.parts)
    return tuple(n for n in reversed(found) if isinstance(n, Intervened))


def is_free_of_regeneration(kernel: Kernel) -> bool:
    """Whether the kernel's network needs models of the observed law only."""
    return all(isinstance(atom.kernel.of, Observed) for atom in flatten(kernel).atoms)

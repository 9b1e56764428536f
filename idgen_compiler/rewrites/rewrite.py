"""What a rewrite is, and how one walks over an estimand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping

from idgen_compiler.estimand.construction import with_parts
from idgen_compiler.estimand.network import flatten
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Observed
from idgen_compiler.estimand.tree import fold, walk

__all__ = ["Rewrite", "everywhere", "is_free_of_regeneration", "regenerated"]


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

    def variants(self, kernel: Kernel) -> Iterator[Rewrite]:
        """The rewrite with the options under which its law is to be tested on a kernel; itself where it has none."""
        yield self


def everywhere(root: Kernel, rule: Callable[[Kernel], Kernel]) -> Kernel:
    """Apply a rule to every node, parts first, each rebuilt from its rewritten parts."""

    def visit(node: Kernel, values: Mapping[Kernel, Kernel]) -> Kernel:
        return rule(with_parts(node, [values[part] for part in node.parts]))

    return fold(root, visit)


def regenerated(kernel: Kernel) -> tuple[Intervened, ...]:
    """The intervened laws that a program of this kernel has to regenerate (or reweight), inner ones first."""
    found: dict[Intervened, None] = {}
    needed = {kernel}
    for node in reversed(list(walk(kernel))):  # wholes before parts
        if node in needed:
            needed.update(node.made_of)
            if isinstance(node, Conditional) and isinstance(node.of, Intervened):
                found[node.of] = None
    return tuple(reversed(found))


def is_free_of_regeneration(kernel: Kernel) -> bool:
    """Whether the kernel's network needs models of the observed law only."""
    return all(isinstance(atom.kernel.of, Observed) for atom in flatten(kernel).atoms)

"""Hoisting: one sum over one product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idgen_compiler.estimand.construction import product, with_parts
from idgen_compiler.estimand.network import Flat, flatten, unflatten
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law
from idgen_compiler.estimand.tree import fold
from idgen_compiler.rewrites.rewrite import Rewrite

__all__ = ["Hoist", "hoisted"]


@dataclass(frozen=True)
class Hoist(Rewrite):
    """Sums move outwards with fresh names, products of products become one, and what sums to one goes.

    Distributivity, and that a conditional sums to one over its target: a factor whose target is summed out and that no
    other factor needs is dropped. What is left are conditionals of single variables, which one topological order can
    always sample, even where whole factors depend on each other in a circle (ID-GEN, example C.1).

    Before: Σ_m P(m | x) (Σ_x P(x) P(y | x, m))    After: Σ_m Σ_x' P(m | x) P(x') P(y | x', m)
    """

    def apply(self, kernel: Kernel) -> Kernel:
        def visit(node: Kernel, values: Mapping[Kernel, Kernel]) -> Kernel:
            # Only what is used as a whole is flattened: the laws that conditionals are taken of, and the root.
            new = with_parts(node, [values[part] for part in node.parts])
            if isinstance(new, Conditional) and isinstance(new.of, Intervened):
                return with_parts(new, [_hoisted_law(new.of)])
            return new

        return hoisted(fold(kernel, visit))


def hoisted(kernel: Kernel) -> Kernel:
    """The kernel as one sum over one product of the conditionals that its targets depend on."""
    if isinstance(kernel, Law):
        return kernel
    flat = flatten(kernel).needed(kernel.targets)
    return unflatten(flat, kernel.targets, kernel.inputs)


def _hoisted_law(law: Intervened) -> Kernel:
    """The law with its factors flattened together: single conditionals, or one sum where something is hidden."""
    flat = flatten(product(law.factors), law.inputs).needed(law.targets)
    shown = set(law.targets)
    if flat.free or any(atom.target not in shown for atom in flat.atoms):
        return with_parts(law, [law.law, hoisted(product(law.factors))])
    factors = (unflatten(Flat((atom,), ()), (atom.target,), atom.inputs) for atom in flat.atoms)
    return with_parts(law, [law.law, *factors])

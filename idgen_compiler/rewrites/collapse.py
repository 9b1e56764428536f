"""Collapse: sum out a hidden variable inside one conditional."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from idgen_compiler.estimand.construction import with_parts
from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.network import Factor, Flat, flatten, unflatten
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law, Marginal
from idgen_compiler.estimand.tree import fold
from idgen_compiler.graph.separation import m_separated_mask
from idgen_compiler.rewrites.block import without_hidden
from idgen_compiler.rewrites.rewrite import Rewrite

__all__ = ["Collapse"]


@dataclass(frozen=True)
class Collapse(Rewrite):
    """Σ_h P(h | a) P(c | h, b) becomes P(c | a, b): one model instead of two, and one variable less to sample.

    The law of total probability, read backwards, for conditionals of one law: it holds when h is m-separated from b
    given a, and c from a given h and b, in the law's CADMG, so that both factors condition on all of a and b.

    Before: Σ_m P(m | x) P(y | m)    After: P(y | x)    on X -> M -> Y

    Whole sets go first (see `rewrites.block`), then one variable after the other.
    """

    def apply(self, kernel: Kernel) -> Kernel:
        def visit(node: Kernel, values: Mapping[Kernel, Kernel]) -> Kernel:
            new = with_parts(node, [values[part] for part in node.parts])
            if isinstance(new, Intervened):
                return with_parts(new, [new.law, *map(_collapsed, new.factors)])
            return new

        return _collapsed(fold(kernel, visit))


def _collapsed(kernel: Kernel) -> Kernel:
    """The kernel with every sum that can be collapsed, one after the other."""
    if not isinstance(kernel, Marginal):  # without a sum on the outside (after hoisting) nothing is hidden
        return kernel
    flat = without_hidden(flatten(kernel).needed(kernel.targets), kernel.targets)
    network = _Network({atom.target: atom for atom in flat.atoms}, set(kernel.targets))
    waiting = OrderedDict.fromkeys(atom.target for atom in flat.atoms)
    while waiting:
        slot, _ = waiting.popitem(last=False)
        for again in network.collapse(slot):
            # To the end of the queue: a long chain is halved in each round, and paths through it stay short.
            waiting[again] = None
            waiting.move_to_end(again)
    # In the old order: what was joined reads only what stood before both.
    atoms = tuple(network.atoms[atom.target] for atom in flat.atoms if atom.target in network.atoms)
    return unflatten(Flat(atoms, flat.free).needed(kernel.targets), kernel.targets, kernel.inputs)


class _Network:
    """Atoms by the slots that they fill, and who reads each slot; what is neither read nor an output is gone."""

    def __init__(self, atoms: dict[str, Factor], outputs: set[str]) -> None:
        self.atoms = atoms
        self.outputs = outputs
        self.readers: dict[str, set[str]] = {}
        for atom in atoms.values():
            self._read(atom)

    def collapse(self, slot: str) -> tuple[str, ...]:
        """Sum a hidden slot out inside its one reader, where that is sound: the slots to look at again."""
        hidden, readers = self.atoms.get(slot), self.readers.get(slot, set())
        if hidden is None or slot in self.outputs or len(readers) > 1:
            return ()
        if not readers:
            self._drop(hidden)
            return hidden.inputs
        reader = self.atoms[next(iter(readers))]
        joined = _joined(hidden, reader)
        if joined is None:
            return ()
        self._drop(reader)
        self._read(joined)
        self.atoms[joined.target] = joined
        # The slot itself goes now that nothing reads it. What has a new reader, or a reader less, is looked at again.
        self._drop(hidden)
        changed = {slot: None for slot in (*hidden.inputs, *reader.inputs) if len(self.readers.get(slot, ())) < 2}
        return (*changed, reader.target)

    def _read(self, atom: Factor) -> None:
        for slot in atom.inputs:
            self.readers.setdefault(slot, set()).add(atom.target)

    def _drop(self, atom: Factor) -> None:
        del self.atoms[atom.target]
        for slot in atom.inputs:
            self.readers[slot].discard(atom.target)


def _joined(hidden: Factor, user: Factor) -> Factor | None:
    """P(c | a, b) for the atoms P(h | a) and P(c | h, b); None where the sum is not that."""
    law = hidden.kernel.of
    if user.kernel.of is not law or not isinstance(law, Law):
        return None
    slot_of: dict[str, str] = {}  # the law's variable -> the one slot that stands for it in both
    for atom in (hidden, user):
        for name, slot in zip((*atom.kernel.to, *atom.kernel.given), (atom.target, *atom.inputs), strict=True):
            if slot_of.setdefault(name, slot) != slot:
                return None
    graph = law.graph
    h, c = graph.mask_of(hidden.kernel.to), graph.mask_of(user.kernel.to)
    a, b = graph.mask_of(hidden.kernel.given), graph.mask_of(user.kernel.given) & ~h
    fixed = graph.fixed_mask
    if not m_separated_mask(graph, h, b & ~a & ~fixed, a | fixed):
        return None
    if not m_separated_mask(graph, c, a & ~b & ~fixed, h | b | fixed):
        return None
    kernel = minimized(Conditional(law, user.kernel.to, graph.names(a | b)))
    return Factor(kernel, user.target, tuple(slot_of[name] for name in kernel.given))

"""Blocks: a whole set of hidden variables summed out at once, without a test of separation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from idgen_compiler.estimand.minimal import minimized
from idgen_compiler.estimand.network import Factor, Flat
from idgen_compiler.estimand.nodes import Conditional, Law
from idgen_compiler.graph.bits import lowest

__all__ = ["without_hidden"]


def without_hidden(flat: Flat, outputs: Collection[str]) -> Flat:
    """The network without what a block of conditionals hides from everything outside it; the same where none does.

    When each P(b | a) of a block holds the Markov pillow of b among its inputs a, and nothing later than b, it is
    P(b | all that comes before) (ordered local Markov property: Richardson, Evans, Robins and Shpitser 2023, section
    3.5). If all that the block reads from outside comes before all that it makes, the product is then P(block | what it
    reads), by the chain rule, and the sum over what nothing outside reads is the conditional of the others.
    """
    by_law: dict[Law, list[tuple[Conditional, Factor]]] = {}
    for atom in flat.atoms:
        if isinstance(atom.kernel, Conditional) and isinstance(atom.kernel.of, Law):
            by_law.setdefault(atom.kernel.of, []).append((atom.kernel, atom))
    new: dict[str, Factor | None] = {}
    for law, atoms in by_law.items():
        block = _Block.of(law, atoms)
        inside = {atom.target for _, atom in block.atoms}
        outside = {slot for atom in flat.atoms if atom.target not in inside for slot in atom.inputs}
        new |= block.shown(outside.union(outputs))
    if not new:
        return flat
    kept = ((atom.target, new.get(atom.target, atom)) for atom in flat.atoms)
    return Flat(tuple(atom for _, atom in kept if atom is not None), flat.free)


@dataclass(frozen=True)
class _Block:
    """Conditionals of one law in its order, each its own given all that comes before; what they read comes before."""

    law: Law
    atoms: tuple[tuple[Conditional, Factor], ...]
    slots: dict[str, str]  #: variable -> the one slot that stands for it

    @classmethod
    def of(cls, law: Law, atoms: Sequence[tuple[Conditional, Factor]]) -> _Block:
        """The block among some atoms, from the last upwards: those that hold their pillows and are wired alike."""
        slots: dict[str, str] = {}
        found = [(c, atom) for c, atom in reversed(atoms) if _holds_pillow(c, law) and _is_wired_alike(atom, slots)]
        made = {atom.target for _, atom in found}
        read = law.graph.mask_of([name for name, slot in slots.items() if slot not in made])
        last = (read & law.graph.random_mask).bit_length()
        later = [(c, atom) for c, atom in found if c.masks[0] >> last]
        return cls(law, tuple(sorted(later, key=lambda each: each[0].masks[0])), slots)

    def shown(self, outside: Collection[str]) -> dict[str, Factor | None]:
        """Slot -> what makes it where only what is read outside is left of the block; None for what is hidden.

        Several that share what is hidden are only made to depend on each other where that takes fewer inputs.
        """
        hidden = {atom.target for _, atom in self.atoms}.difference(outside)
        new: dict[str, Factor | None] = dict.fromkeys(hidden)
        made = known = saved = 0
        for conditional, _ in self.atoms if hidden else ():
            made, known = made | conditional.masks[0], known | conditional.masks[1]
        known &= ~made
        for conditional, atom in self.atoms if hidden else ():
            if atom.target in hidden:
                saved += len(atom.inputs)
                continue
            if not hidden.isdisjoint(atom.inputs):
                kernel = minimized(Conditional(self.law, conditional.to, self.law.graph.names(known)))
                new[atom.target] = Factor(kernel, atom.target, tuple(self.slots[name] for name in kernel.given))
                saved += len(atom.inputs) - len(kernel.given)
            known |= conditional.masks[0]
        return new if len(new) <= len(hidden) + 1 or saved > 0 else {}


def _holds_pillow(conditional: Conditional, law: Law) -> bool:
    """Whether a conditional of one variable is given its Markov pillow, and nothing that comes later."""
    to, given = conditional.masks
    if given & law.graph.random_mask & ~(to - 1):
        return False
    return not law.graph.markov_pillow_mask(lowest(to)) & ~given


def _is_wired_alike(atom: Factor, slots: dict[str, str]) -> bool:
    """Whether an atom has the slots that the others have for its variables; if so, its own are added to theirs."""
    own = dict(zip((*atom.kernel.to, *atom.kernel.given), (atom.target, *atom.inputs), strict=True))
    if any(slots.get(name, slot) != slot for name, slot in own.items()):
        return False
    slots.update(own)
    return True

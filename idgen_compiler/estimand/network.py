"""Flattening: a kernel as a network of single-target conditionals, and back.

Sums move outwards with fresh names (X becomes X'), products of products become one product, and what is left are
*atoms*: conditionals of one variable, wired by slots. Whole factors may need each other in a circle, as
P(w2 | do(x, w1)) and P(w1, y | do(x, w2)) do; their atoms never do, since each is a conditional on predecessors in
one topological order (ID-GEN, example C.1 and theorem D.21).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from idgen_compiler.errors import IdgenError
from idgen_compiler.estimand.construction import free, marginal, product
from idgen_compiler.estimand.nodes import (
    Conditional,
    Free,
    Intervened,
    Kernel,
    Marginal,
    Names,
    Product,
    Renamed,
)
from idgen_compiler.estimand.policies import Governed, Policy

__all__ = ["Factor", "Flat", "flatten", "unflatten"]


@dataclass(frozen=True, slots=True)
class Factor:
    """One conditional of one variable, with the slots that its target and its inputs (in order) stand for.

    A policy's law is one, too, though not of any data.
    """

    kernel: Conditional | Policy
    target: str
    inputs: Names


@dataclass(frozen=True, slots=True)
class Flat:
    """Atoms in an order in which they can be sampled, and the slots that may take any value."""

    atoms: tuple[Factor, ...]
    free: Names

    def needed(self, outputs: Iterable[str]) -> Flat:
        """Only what the outputs depend on: any other atom sums to one."""
        wanted, kept = set(outputs), []
        for atom in reversed(self.atoms):
            if atom.target in wanted:
                kept.append(atom)
                wanted.update(atom.inputs)
        return Flat(tuple(reversed(kept)), tuple(s for s in self.free if s in wanted))


def flatten(kernel: Kernel, reserved: Iterable[str] = ()) -> Flat:
    """The network of a kernel; its targets and inputs keep their names as slots; nothing else takes `reserved` ones.

    Raises IdgenError for a law that stands outside a conditional and is no product, which no algorithm here makes.
    """
    taken = Counter({*kernel.targets, *kernel.inputs, *reserved})
    atoms: list[Factor] = []
    any_value: list[str] = []
    # An explicit stack carries which slot a variable stands for, where it is not its own.
    stack: list[tuple[Kernel, Mapping[str, str]]] = [(kernel, {})]
    while stack:
        node, slot = stack.pop()
        match node:
            case Conditional():
                atoms += _atoms(node, slot)
            case Policy():
                read = tuple([slot.get(n, n) for n in node.given])
                atoms.append(Factor(node, slot.get(node.to[0], node.to[0]), read))
            case Governed():
                stack.append((node.body, slot))
            case Product() | Intervened():
                stack.extend((factor, slot) for factor in reversed(node.factors))
            case Marginal():
                stack.append((node.body, {**slot, **_instances(node.over, taken)}))
            case Free():
                fresh = _instances(node.over, taken)
                any_value += fresh.values()
                stack.append((node.body, {**slot, **fresh}))
            case Renamed():
                stack.append((node.body, {**slot, **{old: slot.get(new, new) for old, new in node.names}}))
            case _:
                raise IdgenError(f"{node} stands outside a conditional; take the conditionals of its law")
    return Flat(_in_order(atoms), tuple(any_value))


def unflatten(flat: Flat, targets: Iterable[str], inputs: Iterable[str]) -> Kernel:
    """The kernel of a network: the product of its atoms, summed over every slot but the targets.

    Slots that nothing makes must be among the inputs or free.
    """
    keep = set(targets)
    factors = [_renamed(atom) for atom in flat.atoms]
    body = marginal(product(factors), [a.target for a in flat.atoms if a.target not in keep])
    outside = set(inputs)
    return free(body, [s for s in flat.free if s not in outside])


def _renamed(atom: Factor) -> Kernel:
    names = ((*atom.kernel.to, *atom.kernel.given), (atom.target, *atom.inputs))
    changed = tuple((old, new) for old, new in zip(*names, strict=True) if old != new)
    return Renamed(atom.kernel, changed) if changed else atom.kernel


def _instances(names: Sequence[str], taken: Counter[str]) -> dict[str, str]:
    """A new slot for each name: the name itself, or with as many primes as it has instances already."""
    found = {}
    for name in names:
        plain = name.rstrip("'")
        slot = plain + "'" * taken[plain]
        while taken[slot] and slot != plain:
            taken[plain] += 1
            slot = plain + "'" * taken[plain]
        taken[plain] += 1
        found[name] = slot
    return found


def _atoms(node: Conditional, slot: Mapping[str, str]) -> list[Factor]:
    """One atom for each target, given those before it (the chain rule)."""
    found = []
    for k, target in enumerate(node.to):
        given = node.given + node.to[:k]
        kernel = node if len(node.to) == 1 else Conditional(node.of, (target,), given)
        inputs = given if not slot or slot.keys().isdisjoint(given) else tuple([slot.get(n, n) for n in given])
        found.append(Factor(kernel, slot.get(target, target), inputs))
    return found


def _in_order(atoms: Sequence[Factor]) -> tuple[Factor, ...]:
    """The atoms so that each one's inputs are made before it, in the given order where that is free."""
    maker = {atom.target: k for k, atom in enumerate(atoms)}
    unmade = set(maker)
    for atom in atoms:  # the usual case: they stand in order already
        if not unmade.isdisjoint(atom.inputs):
            break
        unmade.discard(atom.target)
    else:
        return tuple(atoms)
    users: list[list[int]] = [[] for _ in atoms]
    waiting = [0] * len(atoms)
    for k, atom in enumerate(atoms):
        for slot in atom.inputs:
            if slot in maker:
                users[maker[slot]].append(k)
                waiting[k] += 1
    ready = [k for k, n in enumerate(waiting) if n == 0]  # in order, and so a heap
    order = []
    while ready:
        k = heappop(ready)
        order.append(atoms[k])
        for user in users[k]:
            waiting[user] -= 1
            if waiting[user] == 0:
                heappush(ready, user)
    if len(order) < len(atoms):
        stuck = ", ".join(a.target for a, n in zip(atoms, waiting, strict=True) if n)
        raise IdgenError(f"the factors of a product need each other in a circle: {stuck}")
    return tuple(order)

"""Regeneration elimination: sample a conditional of an intervened law by that law's own network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from weakref import WeakKeyDictionary

from idgen_compiler.estimand.construction import free, product, with_parts
from idgen_compiler.estimand.network import Flat, flatten, unflatten
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel
from idgen_compiler.estimand.tree import fold
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.bits import lowest
from idgen_compiler.graph.paths import open_path
from idgen_compiler.graph.separation import m_separated_mask
from idgen_compiler.rewrites.rewrite import Rewrite

__all__ = ["Eliminate", "eliminated", "why_not_eliminated"]


_GROWN = 8
"""Parts of a group are tried in groups of at most so many: it takes time with the square of their number."""


@dataclass(frozen=True)
class Eliminate(Rewrite):
    """P(T | J ; do(R)) becomes the network of P( . ; do(R)) with J clamped and everything else sampled afresh.

    The factors of an intervened law form a DAG H over its variables. When each target is d-separated from the inputs J
    before it, given the fixed ones and the earlier targets, in H without the edges out of those inputs, then
    conditioning on J and clamping J agree (rule 2 of the do-calculus in the Bayesian network H, where nothing is
    hidden: Pearl 2009, theorem 3.4.1), and P(T | do(J)) is H's truncated product: nothing is regenerated, and no model
    is trained on the output of another. Of several conditionals each must be a factor of the chain rule of T: what it
    does not name of the earlier targets and inputs is m-separated from its target.

    It is decided for whole groups of conditionals of one law first, since these share the samples of what is hidden,
    then for parts of the group and single ones.

    Before: P(Y ; do(M)), a conditional of P(X) P(Y | X, M)    After: sum over X of P(X) P(Y | X, M)    (front-door)
    """

    groups: bool = True

    def apply(self, kernel: Kernel) -> Kernel:
        def visit(node: Kernel, values: Mapping[Kernel, Kernel]) -> Kernel:
            parts = [values[part] for part in node.parts]
            if not isinstance(node, Conditional):  # that of a conditional is a law, and no factor
                first = len(parts) - len(node.made_of)
                parts[first:] = self._settle(parts[first:])
            return with_parts(node, parts)

        return self._settle([fold(kernel, visit)])[0]

    def _settle(self, parts: Sequence[Kernel]) -> list[Kernel]:
        """The factors of one product, with those eliminated that can be."""
        by_law: dict[Intervened, list[Conditional]] = {}
        for part in parts:
            if isinstance(part, Conditional) and isinstance(part.of, Intervened):
                by_law.setdefault(part.of, []).append(part)
        done: dict[Kernel, list[Kernel]] = {}
        for members in by_law.values():
            for group, whole in self._groups(members):
                done[group[0]] = [whole]
                done.update((member, []) for member in group[1:])
        return [new for part in parts for new in done.get(part, [part])]

    def _groups(self, members: Sequence[Conditional]) -> Iterator[tuple[Sequence[Conditional], Kernel]]:
        """Groups of one law's conditionals with the kernels that they become: all together, or grown one by one."""
        if self.groups and len(members) > 1 and (whole := eliminated(members)) is not None:
            yield members, whole
            return
        waiting = list(members)
        while waiting:
            group = [waiting.pop(0)]
            found = eliminated(group)
            for other in list(waiting) if self.groups and len(members) <= _GROWN else ():
                if (larger := eliminated([*group, other])) is not None:  # even where the group is none without it
                    group, found = [*group, other], larger
                    waiting.remove(other)
            if found is not None:
                yield group, found


def eliminated(group: Sequence[Conditional]) -> Kernel | None:
    """The product of the conditionals of one intervened law as its clamped network, or None where that is not it."""
    law = group[0].of
    if not isinstance(law, Intervened):
        return None
    graph, members = law.graph, sorted(group, key=lambda member: lowest(member.masks[0]))
    targets = given = earlier = 0
    for member in members:
        targets |= member.masks[0]
        given |= member.masks[1]
    clamped = given & ~(targets | graph.fixed_mask)
    network = _network(law)
    for member in members:
        to, known = member.masks
        before = clamped & ((to & -to) - 1 | known)
        if not _is_of_chain(member, graph, earlier, before, targets):
            return None
        if before and not network.separated(member.to, graph.names(before), graph.names(earlier)):
            return None
        earlier |= to
    kernel = network.clamped(set(graph.names(targets)), set(graph.names(clamped)))
    # What the conditionals did not need may return as an input of the network: it does not matter there either.
    return free(kernel, [n for n in kernel.inputs if not graph.mask_of((n,)) & given])


def _is_of_chain(member: Conditional, graph: ADMG, earlier: int, before: int, targets: int) -> bool:
    """Whether a member is its targets' law given all earlier targets and inputs, a factor of the chain rule."""
    to, known = member.masks
    if targets & known & ~earlier:
        return False
    unnamed = (earlier | before) & ~known
    return not unnamed or m_separated_mask(graph, to, unnamed, known | graph.fixed_mask)


def why_not_eliminated(node: Conditional) -> tuple[str, ...]:
    """The open path in the law's network by which seeing an input tells about the target; empty without one."""
    if not isinstance(node.of, Intervened):
        return ()
    inputs = set(node.given).difference(node.of.inputs)
    return _network(node.of).path(inputs, node.to)


def _network(law: Intervened) -> _Network:
    """The network of a law, made once as long as the law lives."""
    if law not in _NETWORKS:
        _NETWORKS[law] = _Network(law)
    return _NETWORKS[law]


class _Network:
    """The factors of an intervened law as a DAG over slots."""

    def __init__(self, law: Intervened) -> None:
        self.fixed = law.inputs  # and not the law itself, which this must not keep alive
        # A fixed vertex that no factor needs keeps its name all the same: nothing hidden may take it.
        self.flat = flatten(product(law.factors), law.inputs)
        slots = dict.fromkeys((*law.inputs, *self.flat.free, *(a.target for a in self.flat.atoms)))
        self.vertex = {slot: f"v{k}" for k, slot in enumerate(slots)}  # primed slots are no vertex names
        edges = [(self.vertex[i], self.vertex[a.target]) for a in self.flat.atoms for i in a.inputs]
        self.graph = ADMG(edges, nodes=self.vertex.values())
        self.bit = {slot: self.graph.mask_of((vertex,)) for slot, vertex in self.vertex.items()}
        self.place = {atom.target: k for k, atom in enumerate(self.flat.atoms)}
        self.fixed_mask = self.mask(self.fixed)

    def mask(self, slots: Iterable[str]) -> int:
        return reduce(or_, map(self.bit.__getitem__, slots), 0)

    def separated(self, targets: Iterable[str], inputs: Iterable[str], earlier: Iterable[str]) -> bool:
        """d-separation of targets and inputs given the fixed and the earlier, the edges out of the inputs cut."""
        cut = self.mask(inputs)
        given = (self.fixed_mask | self.mask(earlier)) & ~cut
        return m_separated_mask(self.graph.mutilated_mask(out_of=cut), self.mask(targets), cut, given)

    def path(self, inputs: Iterable[str], targets: Iterable[str]) -> tuple[str, ...]:
        """The path that forbids to clamp the inputs, over slots; empty when they are separated."""
        cut = self.mask(inputs)
        graph, given = self.graph.mutilated_mask(out_of=cut), self.fixed_mask & ~cut
        slot = {vertex: name for name, vertex in self.vertex.items()}
        return tuple(slot.get(step, step) for step in open_path(graph, cut, self.mask(targets), given))

    def clamped(self, targets: set[str], clamped: set[str]) -> Kernel:
        """The network for the targets with some slots as inputs instead of samples."""
        needed, waiting = set[str](), list(targets)
        while waiting:
            slot = waiting.pop()
            if slot not in needed:
                needed.add(slot)
                if slot in self.place and slot not in clamped:
                    waiting.extend(self.flat.atoms[self.place[slot]].inputs)
        places = sorted(self.place[slot] for slot in needed if slot in self.place and slot not in clamped)
        atoms = tuple(self.flat.atoms[place] for place in places)
        free_slots = tuple(slot for slot in self.flat.free if slot in needed)
        return unflatten(Flat(atoms, free_slots), targets, {*self.fixed, *clamped})


_NETWORKS: WeakKeyDictionary[Intervened, _Network] = WeakKeyDictionary()

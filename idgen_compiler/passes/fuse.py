"""Joint blocks: neighbouring samples of one data set as one joint model, on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import ClassVar

from idgen_compiler.graph.names import variable_of
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.ir.analysis import with_networks
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Apply, Network, Operation, Statement, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.passes.base import P, Pass

__all__ = ["Fuse"]


@dataclass(frozen=True)
class Fuse(Pass):
    """P(a | i) P(b | a, j) becomes P(a, b | i, j), for the groups of variables that were asked for.

    The chain rule: it holds when a is m-separated from j given i, and b from i given a and j, in the law of the data
    set. One joint model learns what the two share, as images with one hidden cause.

    Before: X ~ %m1(W1, W2)        After: (X, Y) ~ %m3(W1, W2)
            Y ~ %m2(W1, W2, X)
    """

    word: ClassVar[str] = "fuse"

    groups: tuple[tuple[str, ...], ...] = ()

    def variants(self, program: Program) -> Iterator[Pass]:
        """Every pair of neighbours in the order of the graph as a group."""
        yield Fuse(tuple(pairwise(program.graph.order)))

    def apply(self, program: P) -> P:
        """Every region by itself; new models stand before the first operation that uses them."""
        models = {op.result: op for op in program.models}
        operations: list[Operation] = []
        for op in program.operations:
            fused: list[Train] = []
            new = with_networks(op, partial(self._fused, program=program, models=models, fused=fused))
            operations += [*fused, new]
        if len(operations) == len(program.operations):
            return program
        # The models that were fused are dead unless they are used elsewhere.
        used = {model for op in operations for model in leaves(op, Role.MODEL)}
        kept = tuple(op for op in operations if not isinstance(op, Train) or op.result in used)
        return replace(program, operations=kept)

    def _fused(self, network: Network, program: Program, models: dict[str, Train], fused: list[Train]) -> Network:
        """The network, with new models in `models` and in `fused`."""
        statements = list(network.statements)
        for group in self.groups:
            for first, second in _neighbours(statements, group):
                a, b = statements[first], statements[second]
                if not isinstance(a, Apply) or not isinstance(b, Apply):
                    continue
                model = _joint(program, models[a.model], models[b.model], a, b)
                if model is None:
                    continue
                models[model.result] = model
                fused.append(model)
                slot_of = {variable_of(s): s for s in (*a.inputs, *b.inputs)}
                new = Apply((*a.slots, *b.slots), model.result, tuple(slot_of[name] for name in model.inputs))
                statements[first : second + 1] = [*statements[first + 1 : second], new]
                break
        return network if len(statements) == len(network.statements) else replace(network, statements=tuple(statements))


def _neighbours(statements: Sequence[Statement], group: Sequence[str]) -> list[tuple[int, int]]:
    """Places of two statements for the group's variables with nothing that reads the first in between."""
    places = [k for k, s in enumerate(statements) if {variable_of(slot) for slot in s.slots} <= set(group)]
    found = []
    for first, second in pairwise(places):
        made = set(statements[first].slots)
        between = statements[first + 1 : second]
        if not any(made.intersection(s.inputs) for s in between):
            found.append((first, second))
    return found


def _joint(program: Program, a: Train, b: Train, at: Apply, bt: Apply) -> Train | None:
    """The joint model of two conditionals, or None where the product is not that."""
    if a.data != b.data or set(b.targets).intersection((*a.targets, *a.inputs)):
        return None
    slots = dict(zip((*a.targets, *a.inputs), (*at.slots, *at.inputs), strict=True))
    if any(slots.get(n, s) != s for n, s in zip(b.inputs, bt.inputs, strict=True)):
        return None
    i, j = set(a.inputs), set(b.inputs) - set(a.targets)
    missing_a, missing_b = j - i, (i - j) | (set(a.targets) - set(b.inputs))
    graph = program.law_of(a.data)
    for target, rest, given in ((a.targets, missing_a, i), (b.targets, missing_b, set(b.inputs))):
        if rest and not m_separated(graph, target, rest, (given | graph.fixed) - rest - set(target)):
            return None
    inputs = tuple(dict.fromkeys((*a.inputs, *(n for n in b.inputs if n not in a.targets))))
    return Train(f"{a.result}{b.result.replace('%', '_')}", a.data, (*a.targets, *b.targets), inputs)

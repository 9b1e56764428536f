"""Joint blocks: neighbouring samples of one data set as one joint model, on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from idgen_compiler.graph.names import variable_of
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.ir.operations import Apply, Network, Operation, Regenerate, Sample, Statement, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.passes.base import Pass
from idgen_compiler.passes.laws import graph_of

__all__ = ["Fuse"]


@dataclass(frozen=True)
class Fuse(Pass):
    """P(a | i) P(b | a, j) becomes P(a, b | i, j), for the groups of variables that were asked for.

    The chain rule: it holds when a is m-separated from j given i, and b from i given a and j, in the law of the data
    set. One joint model learns what the two share, as images with one hidden cause.

    Before: X ~ %m1(W1, W2)        After: (X, Y) ~ %m3(W1, W2)
            Y ~ %m2(W1, W2, X)
    """

    groups: tuple[tuple[str, ...], ...]

    def apply(self, program: Program) -> Program:
        """Every region by itself; new models stand before the first operation that uses them."""
        models = {op.result: op for op in program.models}
        operations: list[Operation] = []
        for op in program.operations:
            if isinstance(op, Regenerate | Sample):
                network, fused = self._fused(op.network, models)
                operations += fused
                op = replace(op, network=network)
            operations.append(op)
        if len(operations) == len(program.operations):
            return program
        # The models that were fused are dead unless they are used elsewhere.
        used = {s.model for n in _networks(operations) for s in n.statements if isinstance(s, Apply)}
        used.update(by for op in program.reweightings for by in op.by)
        kept = tuple(op for op in operations if not isinstance(op, Train) or op.result in used)
        return replace(program, operations=kept)

    def _fused(self, network: Network, models: dict[str, Train]) -> tuple[Network, list[Train]]:
        statements, fused = list(network.statements), list[Train]()
        for group in self.groups:
            for first, second in _neighbours(statements, group):
                a, b = statements[first], statements[second]
                if not isinstance(a, Apply) or not isinstance(b, Apply):
                    continue
                model = _joint(models[a.model], models[b.model], a, b)
                if model is None:
                    continue
                models[model.result] = model
                fused.append(model)
                slot_of = {variable_of(s): s for s in (*a.inputs, *b.inputs)}
                new = Apply((*a.slots, *b.slots), model.result, tuple(slot_of[name] for name in model.inputs))
                statements[first : second + 1] = [*statements[first + 1 : second], new]
                break
        return replace(network, statements=tuple(statements)), fused


def _networks(operations: Sequence[Operation]) -> list[Network]:
    return [op.network for op in operations if isinstance(op, Regenerate | Sample)]


def _neighbours(statements: Sequence[Statement], group: Sequence[str]) -> list[tuple[int, int]]:
    """Places of two statements for the group's variables with nothing that reads the first in between."""
    places = [k for k, s in enumerate(statements) if {variable_of(slot) for slot in s.slots} <= set(group)]
    found = []
    for first, second in pairwise(places):
        made = set(statements[first].slots)
        between = statements[first + 1 : second]
        if not any(isinstance(s, Apply) and made.intersection(s.inputs) for s in between):
            found.append((first, second))
    return found


def _joint(a: Train, b: Train, at: Apply, bt: Apply) -> Train | None:
    """The joint model of two conditionals, or None where the product is not that."""
    if a.data != b.data or set(b.targets).intersection((*a.targets, *a.inputs)):
        return None
    slots = dict(zip((*a.targets, *a.inputs), (*at.slots, *at.inputs), strict=True))
    if any(slots.get(n, s) != s for n, s in zip(b.inputs, bt.inputs, strict=True)):
        return None
    i, j = set(a.inputs), set(b.inputs) - set(a.targets)
    missing_a, missing_b = j - i, (i - j) | (set(a.targets) - set(b.inputs))
    graph = graph_of(a)
    for target, rest, given in ((a.targets, missing_a, i), (b.targets, missing_b, set(b.inputs))):
        if rest and (graph is None or not m_separated(graph, target, rest, (given | graph.fixed) - rest - set(target))):
            return None
    inputs = tuple(dict.fromkeys((*a.inputs, *(n for n in b.inputs if n not in a.targets))))
    return Train(f"{a.result}{b.result.replace('%', '_')}", a.data, (*a.targets, *b.targets), inputs)

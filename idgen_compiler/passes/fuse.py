"""Joint blocks: neighboring samples of one data set as one joint model, on request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import ClassVar

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Apply, Network, Statement, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.passes.base import Models, P, Pass, graphs_of_rows, with_new_models

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
        """Every pair of neighbors in the order of the graph as a group."""
        yield Fuse(tuple(pairwise(program.graph.order)))

    def apply(self, program: P) -> P:
        """Every region by itself; new models stand before the first operation that uses them."""
        fused = with_new_models(program, partial(self._fused, graphs_of_rows(program)))
        if fused is program:
            return program
        # The models that were fused are dead unless they are used elsewhere.
        used = {model for op in fused.operations for model in leaves(op, Role.MODEL)}
        kept = tuple(op for op in fused.operations if not isinstance(op, Train) or op.result in used)
        return replace(fused, operations=kept)

    def _fused(self, graphs: Mapping[str, ADMG], network: Network, models: Models) -> Network:
        statements = list(network.statements)
        for group in self.groups:
            for first, second in _neighbors(statements, group):
                a, b = statements[first], statements[second]
                if not isinstance(a, Apply) or not isinstance(b, Apply):
                    continue
                first_model, second_model = models.get(a.model), models.get(b.model)
                if first_model is None or second_model is None:  # nobody trains a bound kernel jointly
                    continue
                model = _joint(graphs, first_model, second_model, a, b)
                if model is None:
                    continue
                model = models.add(model)
                slot_of = {variable_of(s): s for s in (*a.inputs, *b.inputs)}
                new = Apply((*a.slots, *b.slots), model.result, tuple(slot_of[name] for name in model.inputs))
                statements[first : second + 1] = [*statements[first + 1 : second], new]
                break
        return network if len(statements) == len(network.statements) else replace(network, statements=tuple(statements))


def _neighbors(statements: Sequence[Statement], group: Sequence[str]) -> list[tuple[int, int]]:
    """Places of two statements for the group's variables with nothing that reads the first in between."""
    places = [k for k, s in enumerate(statements) if s.slots and {variable_of(slot) for slot in s.slots} <= set(group)]
    found = []
    for first, second in pairwise(places):
        made = set(statements[first].slots)
        between = statements[first + 1 : second]
        if not any(made.intersection(s.inputs) for s in between):
            found.append((first, second))
    return found


def _joint(graphs: Mapping[str, ADMG], a: Train, b: Train, at: Apply, bt: Apply) -> Train | None:
    """The joint model of two conditionals, or None where the product is not that."""
    if a.data != b.data or a.data not in graphs or set(b.targets).intersection((*a.targets, *a.inputs)):
        return None
    slots = dict(zip((*a.targets, *a.inputs), (*at.slots, *at.inputs), strict=True))
    if any(slots.get(n, s) != s for n, s in zip(b.inputs, bt.inputs, strict=True)):
        return None
    i, j = set(a.inputs), set(b.inputs) - set(a.targets)
    missing_a, missing_b = j - i, (i - j) | (set(a.targets) - set(b.inputs))
    for target, rest, given in ((a.targets, missing_a, i), (b.targets, missing_b, set(b.inputs))):
        if rest and not m_separated(graphs[a.data], target, rest, given):
            return None
    inputs = tuple(dict.fromkeys((*a.inputs, *(n for n in b.inputs if n not in a.targets))))
    return Train(f"{a.result}{b.result.replace('%', '_')}", a.data, (*a.targets, *b.targets), inputs)

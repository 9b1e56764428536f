"""Row resampling: what no input moves is taken from rows, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.ir.analysis import with_networks
from idgen_compiler.ir.operations import Apply, Network, Rows, Statement, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.passes.base import P, Pass, graphs_of_rows

__all__ = ["ResampleRows"]


@dataclass(frozen=True)
class ResampleRows(Pass):
    """Statements that together sample a marginal of one data set become rows of that data set.

    A model without inputs has the data set's own marginal as its law. A model whose inputs are slots of such a row
    joins the row, when its target is m-separated from the rest of the row given those inputs: then the product is the
    joint marginal, by the chain rule. Rows of the real data carry no modeling error at all.

    Before: A ~ %m0()          After: (A, B) ~ rows %obs
            B ~ %m1(A)

    What was put together need not be sampled apart, so the models of the row are dead unless used elsewhere.
    `regenerated` allows rows of regenerated data sets too.
    """

    word: ClassVar[str] = "rows"

    regenerated: bool = False

    def variants(self, program: Program) -> Iterator[Pass]:
        """With the rows of the user's data, and with those of every data set."""
        yield ResampleRows()
        yield ResampleRows(regenerated=True)

    def apply(self, program: P) -> P:
        """Every region by itself."""
        models = {op.result: op for op in program.models}
        allowed = graphs_of_rows(program) if self.regenerated else {program.observe.result: program.graph}
        change = partial(_resampled, models=models, graphs=allowed)
        operations = tuple(with_networks(op, change) for op in program.operations)
        return program if operations == program.operations else replace(program, operations=operations)


@dataclass
class _Group:
    """Slots that one row fills, in the data set `data`."""

    data: str
    slots: list[str]
    graph: ADMG  #: of the data set's law

    def takes(self, model: Train, apply: Apply) -> bool:
        """Whether the statement's target, given its inputs, is that of the same row."""
        (slot,) = apply.slots
        names = {variable_of(s) for s in self.slots}
        if model.data != self.data or not set(apply.inputs) <= set(self.slots) or variable_of(slot) in names:
            return False
        rest = names.difference(model.inputs)
        if not rest:
            return True
        return m_separated(self.graph, model.targets, rest, model.inputs)


def _resampled(network: Network, models: Mapping[str, Train], graphs: Mapping[str, ADMG]) -> Network:
    """`graphs` are those of the data sets whose rows may be taken."""
    groups: list[_Group] = []
    owner: dict[int, _Group] = {}  # statement's place -> the row that it is part of
    for place, statement in enumerate(network.statements):
        if not isinstance(statement, Apply) or len(statement.slots) != 1:
            continue
        model = models[statement.model]
        if model.data not in graphs:
            continue
        if not statement.inputs:
            group = _Group(model.data, [], graphs[model.data])
            groups.append(group)
        else:
            found = next((g for g in groups if g.takes(model, statement)), None)
            if found is None:
                continue
            group = found
        group.slots.append(statement.slots[0])
        owner[place] = group
    if not owner:
        return network
    statements: list[Statement] = []
    done: list[_Group] = []
    for place, statement in enumerate(network.statements):
        of_row = owner.get(place)
        if of_row is None:
            statements.append(statement)
        elif not any(of_row is group for group in done):
            done.append(of_row)
            statements.append(Rows(tuple(of_row.slots), of_row.data))
    return replace(network, statements=tuple(statements))

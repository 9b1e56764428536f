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

    Two rows, and a row and a model without inputs, become one where the graph says that they are independent. Drawn
    together they have the same law; where the data contradict just that, an adjustment for both is still right, since
    it is the one of the graph with A <-> B.

    Before: A ~ %m0()          After: (A, B) ~ rows %obs
            B ~ %m1()

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

    def takes(self, data: str, slots: tuple[str, ...], inputs: tuple[str, ...]) -> bool:
        """Whether what is sampled from a data set given slots of this row is what stands beside them in the row."""
        names, new = {variable_of(s) for s in self.slots}, set(map(variable_of, slots))
        if data != self.data or not set(inputs) <= set(self.slots) or new & names:
            return False
        given = set(map(variable_of, inputs))
        return names == given or m_separated(self.graph, new, names - given, given)


def _resampled(network: Network, models: Mapping[str, Train], graphs: Mapping[str, ADMG]) -> Network:
    """`graphs` are those of the data sets whose rows may be taken."""
    groups: list[_Group] = []
    owner: dict[int, _Group] = {}  # statement's place -> the row that it is part of
    for place, statement in enumerate(network.statements):
        data = _source(statement, models)
        if data not in graphs:
            continue
        fitting = [group for group in groups if group.takes(data, statement.slots, statement.inputs)]
        if fitting:
            group = max(fitting, key=lambda group: _read_together(network, statement.slots, group.slots))
        elif not statement.inputs:
            groups.append(group := _Group(data, [], graphs[data]))
        else:
            continue
        group.slots += statement.slots
        owner[place] = group
    statements: list[Statement] = []
    done: list[_Group] = []
    for place, statement in enumerate(network.statements):
        of_row = owner.get(place)
        if of_row is None:
            statements.append(statement)
        elif not any(of_row is group for group in done):
            done.append(of_row)
            statements.append(Rows(tuple(of_row.slots), of_row.data))
    return network if tuple(statements) == network.statements else replace(network, statements=tuple(statements))


def _source(statement: Statement, models: Mapping[str, Train]) -> str:
    """The data set whose law a statement samples; none for a draw from a policy and for a bound kernel."""
    match statement:
        case Rows(data=data):
            return data
        case Apply(model=model) if model in models:
            return models[model].data
    return ""


def _read_together(network: Network, slots: tuple[str, ...], row: list[str]) -> int:
    """How many statements read some of these slots and some of that row: of several rows, the likeliest companion."""
    read = [set(statement.inputs) for statement in network.statements]
    return sum(bool(inputs.intersection(slots) and inputs.intersection(row)) for inputs in read)

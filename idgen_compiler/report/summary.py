"""The overview of a compiled query: the question, how it is answered, and what will be trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from idgen_compiler.compile import Compilation
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.ir.cost import COUNTS
from idgen_compiler.ir.operations import (
    Apply,
    Assign,
    Bind,
    Condition,
    Draw,
    LawType,
    Observe,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Train,
    Way,
    Weigh,
)
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.text import conditional_of, law_of, print_statement
from idgen_compiler.report.page import Page
from idgen_compiler.report.regenerations import Explanation, reasons_of
from idgen_compiler.report.report import Report

__all__ = ["AnsweredQuery", "CountRow", "DataRow", "ModelRow", "Summary"]

SHOWN = 24
"""How many lines of the graph and of each table are shown before the rest is counted."""


@dataclass(frozen=True, slots=True)
class AnsweredQuery:
    """How one query is answered."""

    query: str
    lines: tuple[int | str, ...]  #: of the algorithm, in the order in which they were taken
    estimand: str
    posing: str  #: the equal query that was compiled; empty where it is the query as posed
    models: int
    regenerations: int
    reweightings: int
    reweightable: bool  #: whether real rows can be reweighted where the program regenerates
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    conditions: int = 0
    weighable: bool = False  #: whether runs of a law's network can be weighed where the program trains on its rows
    together: tuple[tuple[str, ...], ...] = ()  #: slots that one row fills, with pairs that the graph has independent

    @classmethod
    def of(cls, compilation: Compilation, sampler: Sample) -> AnsweredQuery:
        """The answer that a compilation found, and the sampler that gives it."""
        own, identification = compilation.program, compilation.identification
        return cls(
            query=str(identification.query),
            lines=identification.trace.lines,
            estimand=str(identification.estimand),
            posing=str(compilation.posing) if compilation.posing.why else "",
            models=own.cost.models,
            regenerations=own.cost.regenerations,
            reweightings=own.cost.reweightings,
            reweightable=any(len(op.ways) > 1 for op in own.laws),
            inputs=sampler.network.inputs,
            outputs=sampler.network.outputs,
            conditions=own.cost.conditions,
            weighable=any(op.condition for op in own.models),
            together=tuple(dict.fromkeys(_together(own))),
        )

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Labels with what there is to say to each."""
        lines = " > ".join(map(str, self.lines[:SHOWN])) + (" > ..." if len(self.lines) > SHOWN else "")
        parts = (
            _count(self.models, "model"),
            _count(self.regenerations, "regeneration"),
            _count(self.reweightings, "reweighting"),
            *([_count(self.conditions, "condition")] if self.conditions else []),
        )
        return [
            ("identified by", f"lines {lines}   (--emit trace tells each)"),
            ("estimand", _shortened(self.estimand)),
            *([("compiled as", self.posing)] if self.posing else []),
            ("program", f"{', '.join(parts)}   (--emit ir prints it, --emit passes how it came about)"),
            *(
                [("", "real rows are reweighted instead where the data allow it (--realize)")]
                if self.reweightable
                else []
            ),
            *(
                [("", "runs of the law's network are weighed instead where the data allow it (--realize)")]
                if self.weighable
                else []
            ),
            ("sampler", f"given {', '.join(self.inputs) or 'nothing'}, samples {', '.join(self.outputs)}"),
            *(
                ("", f"{_some(slots)} come from one row: what the graph has independent stays as the data have it")
                for slots in self.together
            ),
        ]


@dataclass(frozen=True, slots=True)
class CountRow:
    """One count of the literal programs together, and of the program compiled from them."""

    what: str
    literal: int
    compiled: int


@dataclass(frozen=True, slots=True)
class DataRow:
    """Rows that models are trained on."""

    name: str
    variables: tuple[str, ...]
    origins: tuple[str, ...]  #: the ways in which the rows can be had
    law: str

    @property
    def lines(self) -> list[tuple[str, str, str, str]]:
        """A line for each way."""
        first, *others = self.origins
        return [(self.name, ", ".join(self.variables), first, self.law), *(("", "or", way, "") for way in others)]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model that the program trains."""

    name: str
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    data: str
    law: str  #: the conditional that it learns

    @classmethod
    def of(cls, op: Train, law: Realize | None) -> ModelRow:
        """The row of an operation on a data set of a law; None for P(V)."""
        return cls(op.result, op.targets, op.inputs, op.data, conditional_of(op, law))


@dataclass(frozen=True, slots=True)
class KernelRow:
    """A bound kernel, which somebody brings."""

    name: str
    key: str  #: what `bind=` calls it
    what: str

    @classmethod
    def of(cls, op: Bind) -> KernelRow:
        """The row of an operation."""
        given = f" | {', '.join(op.inputs)}" if op.inputs else ""
        return cls(op.result, f"{op.targets[0]}{given}", "a function" if op.function else "a kernel")


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A conditional of a law that is had by weighing runs of the law's network."""

    name: str
    targets: tuple[str, ...]
    inputs: tuple[str, ...]
    by: tuple[str, ...]  #: the models whose densities weigh
    law: str  #: the conditional

    @classmethod
    def of(cls, op: Condition) -> ConditionRow:
        """The row of an operation."""
        by = tuple(s.model for s in op.network.statements if isinstance(s, Weigh))
        return cls(op.result, op.targets, op.inputs, by, conditional_of(op, None))


@dataclass(frozen=True, slots=True)
class Summary(Report):
    """Queries, how each is answered, and the program that answers them all."""

    graph: str
    vertices: int
    directed: int
    bidirected: int
    answers: tuple[AnsweredQuery, ...]
    cost: tuple[CountRow, ...]  #: without the counts that are nothing in both
    data: tuple[DataRow, ...]
    models: tuple[ModelRow, ...]
    reasons: tuple[Explanation, ...]
    kernels: tuple[KernelRow, ...] = ()
    conditions: tuple[ConditionRow, ...] = ()

    @classmethod
    def of(cls, compilations: Sequence[Compilation], program: Program) -> Summary:
        """The overview of compiled queries and of the program that answers them all.

        >>> import idgen_compiler as idgen
        >>> compilation = idgen.explain(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
        >>> summary = Summary.of([compilation], compilation.program)
        >>> summary.answers[0].estimand, [model.law for model in summary.models]
        ('P(y | x)', ['P(Y | X)'])
        """
        graph: ADMG = compilations[0].identification.graph
        pairs = zip(compilations, program.samplers, strict=True)
        laws = {op.result: op for op in program.laws}
        return cls(
            graph=str(graph),
            vertices=len(graph),
            directed=len(graph.directed),
            bidirected=len(graph.bidirected),
            answers=tuple(AnsweredQuery.of(compilation, sampler) for compilation, sampler in pairs),
            cost=tuple(_counted(compilations, program)),
            data=tuple(_data_sets(program)),
            models=tuple(ModelRow.of(op, laws.get(op.data)) for op in program.models),
            reasons=tuple(reason.explanation for reason in reasons_of(program)),
            kernels=tuple(map(KernelRow.of, program.bindings)),
            conditions=tuple(map(ConditionRow.of, program.conditions)),
        )

    def write(self, page: Page) -> None:
        """Write the overview; long graphs and tables are shortened."""
        edges = f"{_count(self.directed, 'directed edge')}, {_count(self.bidirected, 'hidden common cause')}"
        about_graph = [("graph", _compact(self.graph)), ("", f"{_count(self.vertices, 'vertex', 'vertices')}, {edges}")]
        for number, answer in enumerate(self.answers):
            page.title(answer.query, below="identifiable")
            page.facts([*(about_graph if number == 0 else []), *answer.facts])
        page.heading("Cost")
        counts = [(count.what, f"{count.literal:,}", f"{count.compiled:,}") for count in self.cost]
        page.table(("", "literal", "compiled"), counts, numbers=(1, 2))
        page.heading("Data sets")
        data = [line for rows in self.data for line in rows.lines]
        page.table(("", "variables", "where it comes from", "its law"), data)
        page.heading("Models, in training order")
        models = [(model.name, _conditional(model), model.data, model.law) for model in self.models]
        page.table(("", "target | inputs", "rows of", "what it learns"), _first(models))
        if self.conditions:
            page.heading("Conditionals of laws, by weighing runs of their networks")
            rows = [(row.name, _conditional(row), ", ".join(row.by) or "nothing", row.law) for row in self.conditions]
            page.table(("", "target | inputs", "weighed by", "what it is"), _first(rows))
        if self.kernels:
            page.heading("Kernels to bring, with fit(bind={...})")
            page.table(("", "target | inputs", ""), [(kernel.name, kernel.key, kernel.what) for kernel in self.kernels])
        if self.reasons:
            page.heading("What needs a law that nobody has data for, and why")
            for reason in self.reasons[:SHOWN]:
                reason.write(page)


def _counted(compilations: Sequence[Compilation], program: Program) -> Iterator[CountRow]:
    """The literal programs beside the compiled one; counts that are nothing in both are left out."""
    literal = [compilation.literal.cost for compilation in compilations]
    for count, words in COUNTS.items():
        values = [getattr(cost, count) for cost in literal]
        before = max(values) if count in ("widest", "depth") else sum(values)
        after = getattr(program.cost, count)
        if before or after:
            yield CountRow(words, before, after)


def _together(program: Program) -> Iterator[tuple[str, ...]]:
    """The slots of each row in which two variables stand that the graph has independent."""
    for statement in (s for network in program.networks() for s in network.statements if isinstance(s, Rows)):
        names = [variable_of(slot) for slot in statement.slots]
        if statement.data == program.observe.result and any(
            m_separated(program.graph, [a], [b]) for a, b in combinations(names, 2)
        ):
            yield statement.slots


def _data_sets(program: Program) -> Iterator[DataRow]:
    for op in program.operations:
        if isinstance(op, Observe):
            yield DataRow(op.result, op.variables, ("your data",), str(LawType(program.graph.order, ())))
        elif isinstance(op, Realize):
            yield DataRow(op.result, op.variables, tuple(map(_origin, op.ways)), law_of(op))


def _origin(way: Way) -> str:
    match way:
        case Regenerate(do=do, network=network):
            models = ", ".join(s.model for s in network.statements if isinstance(s, Apply))
            rows = [f"rows of {s.data}" for s in network.statements if isinstance(s, Rows)]
            drawn = tuple(s for s in network.statements if isinstance(s, Assign))
            return f"sampled from {', '.join([*rows, models])} with {_set((*do, *drawn))}"
        case Reweight(data=data, do=do, by=by):
            return f"rows of {data}, weighted by {', '.join(by)} for {_set(do)}"


def _set(do: tuple[Draw | Assign, ...]) -> str:
    return ", ".join(map(print_statement, do)) or "nothing set"


def _conditional(model: ModelRow | ConditionRow) -> str:
    return ", ".join(model.targets) + (f" | {', '.join(model.inputs)}" if model.inputs else "")


def _some(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:SHOWN])} and {rest} more"


def _first(rows: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    rest = len(rows) - SHOWN
    return rows if rest <= 0 else [*rows[:SHOWN], ("...", f"{rest} more", "", "")]


def _shortened(text: str) -> str:
    lines = text.strip().splitlines()
    return "\n".join(lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"... {len(lines) - SHOWN} more lines"])


def _compact(text: str) -> str:
    """A short graph on one line, in the form that --graph takes."""
    one_line = "; ".join(text.strip().splitlines())
    return one_line if len(one_line) <= 90 else _shortened(text)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"

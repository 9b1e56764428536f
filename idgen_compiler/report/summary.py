"""The overview of a compiled query: the question, how it is answered, and what will be trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from idgen_compiler.compile import Compilation
from idgen_compiler.ir.operations import Apply, Draw, Observe, Operation, Regenerate, Reweight, Rows, Sample, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.report.page import Page
from idgen_compiler.report.regenerations import reasons_of

__all__ = ["models_table", "summarise"]

SHOWN = 24
"""How many lines of the graph and of each table are shown before the rest is counted."""


COUNTS = {
    "models": "models",
    "regenerations": "regenerated data sets",
    "reweightings": "reweighted data sets",
    "inputs": "inputs of all models",
    "widest": "largest conditioning set",
    "depth": "models one after the other in a sample",
    "evaluations": "models run for a sample",
}
"""The counts of a cost in words."""


def summarise(page: Page, compilations: Sequence[Compilation], program: Program) -> None:
    """Print the overview of the queries and of the program that answers them all."""
    graph = compilations[0].identification.graph
    edges = f"{_count(len(graph.directed), 'directed edge')}, {_count(len(graph.bidirected), 'hidden common cause')}"
    for number, (compilation, sampler) in enumerate(zip(compilations, program.samplers, strict=True)):
        page.title(str(compilation.identification.query), below="identifiable")
        about_graph = [
            ("graph", _compact(str(graph))),
            ("", f"{_count(len(graph), 'vertex', 'vertices')}, {edges}"),
        ]
        page.facts([*(about_graph if number == 0 else []), *_facts(compilation, sampler)])
    page.heading("Cost")
    _cost_table(page, compilations, program)
    page.heading("Data sets")
    page.table(("", "variables", "where it comes from", "its law"), list(_data_rows(program)))
    page.heading("Models, in training order")
    models_table(page, program)
    reasons = reasons_of(program)
    if reasons:
        page.heading("What needs a law that nobody has data for, and why")
        page.code("\n".join(map(str, reasons[:SHOWN])))


def _facts(compilation: Compilation, sampler: Sample) -> list[tuple[str, str]]:
    steps = compilation.identification.trace.lines
    lines = " > ".join(map(str, steps[:SHOWN])) + (" > ..." if len(steps) > SHOWN else "")
    own = compilation.program
    parts = (
        _count(len(own.models), "model"),
        _count(len(own.regenerations), "regeneration"),
        _count(len(own.reweightings), "reweighting"),
    )
    inputs, outputs = (", ".join(names) for names in (sampler.network.inputs, sampler.network.outputs))
    return [
        ("identified by", f"lines {lines}   (--emit trace tells each)"),
        ("estimand", _shortened(str(compilation.identification.estimand))),
        *([("compiled as", str(compilation.posing))] if compilation.posing.why else []),
        ("program", f"{', '.join(parts)}   (--emit ir prints it, --emit passes how it came about)"),
        *([("", "real rows can be reweighted instead (--realize reweight)")] if own.alternative else []),
        ("sampler", f"given {inputs or 'nothing'}, samples {outputs}"),
    ]


def _cost_table(page: Page, compilations: Sequence[Compilation], program: Program) -> None:
    """The literal programs beside the compiled one; counts that are nothing in both are left out."""
    literal = [compilation.literal.cost for compilation in compilations]
    rows = []
    for count, words in COUNTS.items():
        values = [getattr(cost, count) for cost in literal]
        before = max(values) if count in ("widest", "depth") else sum(values)
        after = getattr(program.cost, count)
        if before or after:
            rows.append((words, f"{before:,}", f"{after:,}"))
    page.table(("", "literal", "compiled"), rows, numbers=(1, 2))


def models_table(page: Page, program: Program) -> None:
    """Print one line for each model that the program trains."""
    rows = [(op.result, _conditional(op), op.data, str(op.computes)) for op in program.models]
    rest = len(rows) - SHOWN
    shown = rows if rest <= 0 else [*rows[:SHOWN], ("...", f"{rest} more", "", "")]
    page.table(("", "target | inputs", "rows of", "what it learns"), shown)


def _data_rows(program: Program) -> Iterator[tuple[str, str, str, str]]:
    for op in program.operations:
        if isinstance(op, Observe | Regenerate | Reweight):
            yield op.result, ", ".join(op.variables), _origin(op), str(op.computes)


def _conditional(op: Train) -> str:
    return ", ".join(op.targets) + (f" | {', '.join(op.inputs)}" if op.inputs else "")


def _origin(op: Operation) -> str:
    match op:
        case Regenerate(do=do, network=network):
            models = ", ".join(s.model for s in network.statements if isinstance(s, Apply))
            rows = [f"rows of {s.data}" for s in network.statements if isinstance(s, Rows)]
            return f"sampled from {', '.join([*rows, models])} with {_set(do)}"
        case Reweight(data=data, do=do, by=by):
            return f"rows of {data}, weighted by {', '.join(by)} for {_set(do)}"
    return "your data"


def _set(do: tuple[Draw, ...]) -> str:
    return ", ".join(f"{draw.slot} ~ {draw.policy}" for draw in do) or "nothing set"


def _shortened(text: str) -> str:
    lines = text.strip().splitlines()
    return "\n".join(lines if len(lines) <= SHOWN else [*lines[:SHOWN], f"... {len(lines) - SHOWN} more lines"])


def _compact(text: str) -> str:
    """A short graph on one line, in the form that --graph takes."""
    one_line = "; ".join(text.strip().splitlines())
    return one_line if len(one_line) <= 90 else _shortened(text)


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"

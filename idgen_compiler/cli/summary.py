"""The overview of a compiled query: the question, how it is answered, and what will be trained."""

from __future__ import annotations

from collections.abc import Iterator

from idgen_compiler.identify import Identification
from idgen_compiler.ir.operations import Apply, Draw, Observe, Operation, Regenerate, Reweight, Rows, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.page import Page

__all__ = ["models_table", "summarise"]

SHOWN = 24
"""How many lines of the graph and of each table are shown before the rest is counted."""


def summarise(page: Page, identification: Identification, program: Program) -> None:
    """Print the overview."""
    graph, trace = identification.graph, identification.trace
    lines = " > ".join(map(str, trace.lines[:SHOWN])) + (" > ..." if len(trace.lines) > SHOWN else "")
    edges = f"{_count(len(graph.directed), 'directed edge')}, {_count(len(graph.bidirected), 'hidden common cause')}"
    parts = (
        _count(len(program.models), "model"),
        _count(len(program.regenerations), "regeneration"),
        _count(len(program.reweightings), "reweighting"),
    )
    network = program.sampler.network
    page.title(str(identification.query), below="identifiable")
    page.facts(
        [
            ("graph", _compact(str(graph))),
            ("", f"{_count(len(graph), 'vertex', 'vertices')}, {edges}"),
            ("identified by", f"lines {lines}   (--emit trace tells each)"),
            ("estimand", _shortened(str(identification.estimand))),
            ("program", f"{', '.join(parts)}   (--emit ir prints it)"),
            *([("", "real rows can be reweighted instead (--realize reweight)")] if program.alternative else []),
            ("sampler", f"given {', '.join(network.inputs) or 'nothing'}, samples {', '.join(network.outputs)}"),
        ]
    )
    page.heading("Data sets")
    page.table(("", "variables", "where it comes from", "its law"), list(_data_rows(program)))
    page.heading("Models, in training order")
    models_table(page, program)


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

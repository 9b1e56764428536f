"""Several queries as one program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from idgen_compiler.compile.options import CompileOptions
from idgen_compiler.errors import QueryError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.laws import graph_of_text, law_graph, law_type
from idgen_compiler.ir.operations import Condition, Observe, Operation, Realize, Sample
from idgen_compiler.passes import Renumber, with_values
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.program import Program

__all__ = ["together"]


def together(programs: Sequence[Program], graph: ADMG, options: CompileOptions) -> Program:
    """One program with all samplers: values renamed apart, then shared."""
    if not programs:
        raise QueryError("there is no query to compile; give at least one")
    first = programs[0].observe
    observed = graph.sorted(v for program in programs for v in program.observe.variables)
    operations: list[Operation] = [replace(first, variables=observed)]
    for k, program in enumerate(programs):
        names = {op.result: f"{op.result}q{k}" for op in program.operations if not isinstance(op, Sample | Observe)}
        names[program.observe.result] = first.result
        for op in program.operations:
            new = with_values(op, names)
            if isinstance(new, Realize | Condition):
                base = graph_of_text(new.law.graph) if new.law.graph else program.graph
                new = replace(new, law=law_type(law_graph(program.graph, new), base, graph))
            if isinstance(new, Sample):
                operations.append(replace(new, query=program.name))
            elif not isinstance(new, Observe):
                operations.append(replace(new, result=names[new.result]))
    joined = Program("; ".join(program.name for program in programs), graph, tuple(operations))
    return passes.run(joined, (*passes.LEVELS[options.level], Renumber()))

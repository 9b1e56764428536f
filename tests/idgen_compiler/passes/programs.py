"""Small programs whose models know the graph of their law, as compiled ones do."""

from __future__ import annotations

from dataclasses import replace

from idgen_compiler.estimand.nodes import Conditional, Law, Observed
from idgen_compiler.graph import ADMG
from idgen_compiler.ir import Program, Train
from idgen_compiler.verify import CausalModel

__all__ = ["program", "same_answer"]


def program(text: str, graph: str = "", **laws: Law) -> Program:
    """Read a program; its models compute conditionals of P(V) of the graph, or of the law named like their data set."""
    read = Program.parse(text)
    known: dict[str, Law] = dict(laws)
    if graph:
        known["obs"] = Observed(ADMG.parse(graph))
    operations = tuple(
        replace(op, computes=Conditional(known[op.data[1:]], op.targets, op.inputs))
        if isinstance(op, Train) and op.data[1:] in known
        else op
        for op in read.operations
    )
    return replace(read, operations=operations)


def same_answer(a: Program, b: Program, graph: str, seed: int = 0) -> bool:
    """Whether two programs run exactly give one kernel on a random model of a graph."""
    joint = CausalModel.random(ADMG.parse(graph), seed).observational()
    left, right = (p.check().fit(joint, backend="exact").kernel() for p in (a, b))  # type: ignore[attr-defined]
    return bool(left == right)

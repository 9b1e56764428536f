"""The derivation line by line, with the part of the graph that each line is about."""

from __future__ import annotations

from typing import Any

from idgen_compiler.forms.spelling import spelled_all
from idgen_compiler.identify.trace import Step

__all__ = ["MOST", "derivation"]

MOST = 200
"""So many steps are shown; longer derivations say how many there are."""

_WHY = {
    1: "Nothing is set by hand, so the law itself holds the answer: sum out what was not asked for.",
    2: "What is no ancestor of the outcomes cannot matter to them, and is summed out.",
    3: "Setting these too changes nothing: every path from them to the outcomes passes what is set already.",
    4: "Hidden causes join vertices within a district only, so the answer is a product with a factor for each.",
    5: "One district spans the graph, and setting a part of it cannot be undone from outside: a hedge.",
    6: "Within this district the past holds every common cause, so that setting and seeing are the same.",
    7: "The district lies inside a larger one: go on in the law in which the rest is set by hand.",
    "IDC": "Seeing these is setting them: but for their effects, nothing links them to the outcomes.",
    "ratio": "What is left of the conditions is conditioned on: the joint answer divided by its marginal.",
    "policy": "The treatments are drawn by their policies, and their values are averaged over.",
}


def derivation(trace: Step) -> list[dict[str, Any]]:
    """The steps in the order of the calls: depth, line, what it does and why, and who takes part.

    >>> import idgen_compiler as idgen
    >>> found = idgen.identify(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"))
    >>> [(step["line"], step["problem"]) for step in derivation(found.trace)]
    [('6', 'P(Y | do(X))')]
    """
    return [_step(depth, step) for _, (depth, step) in zip(range(MOST), trace.walk(), strict=False)]


def _step(depth: int, step: Step) -> dict[str, Any]:
    problem = step.problem
    graph = problem.graph
    fixed = problem.law.inputs
    return {
        "depth": depth,
        "line": str(step.line),
        "title": step.title,
        "why": _WHY.get(step.line, ""),
        "problem": str(problem),
        "law": f"P({spelled_all(graph.order)}{' ; do(' + spelled_all(fixed) + ')' if fixed else ''})",
        "text": step.describe(),
        "vertices": list(graph.order),
        "fixed": list(fixed),
        "moved": list(step.names),
        "outcomes": list(graph.names(problem.y)),
        "treatments": list(graph.names(problem.x)),
        "conditions": list(graph.names(problem.z)),
        "districts": [list(graph.names(child.problem.y)) for child in step.steps] if step.line == 4 else [],
    }

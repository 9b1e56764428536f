"""y0: a formula by ID and IDC, evaluated here on the shares of the table; it draws nothing and estimates by ananke."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from formulas import Shares
from serve import CannotAskError, RefusedError
from y0.algorithm.identify import Unidentifiable, identify_outcomes
from y0.dsl import Variable
from y0.graph import NxMixedGraph

__all__ = ["answer", "versions"]


def versions() -> str:
    return f"y0 {version('y0')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    graph = NxMixedGraph.from_str_edges(
        nodes=case["graph"]["nodes"],
        directed=[tuple(edge) for edge in case["graph"]["directed"]],
        undirected=[tuple(edge) for edge in case["graph"]["bidirected"]],
    )
    outcomes, treatments, conditions = (
        {Variable(name) for name in case["query"][part]} for part in ("outcomes", "treatments", "conditions")
    )
    with reply.clock("fit"):
        try:
            found = identify_outcomes(graph, treatments=treatments, outcomes=outcomes, conditions=conditions or None)
        except Unidentifiable as error:
            raise RefusedError(f"Unidentifiable: {error}") from error
    if found is None:
        raise RefusedError("identify_outcomes gives None")
    reply.estimand(found)
    if set(case["graph"]["nodes"]) - set(case["levels"]):
        raise CannotAskError("y0 gives a formula and evaluates none")
    shares = Shares(case, columns)
    value = _value(shares, found)
    for k, ask in enumerate(case["asks"]):
        reply.chances(k, shares.law(value, case["query"]["outcomes"], {**ask["do"], **ask["given"]}))


def _value(shares: Shares, expression: Any) -> Any:
    match type(expression).__name__:
        case "One":
            return shares.one()
        case "Probability":
            return shares.probability([v.name for v in expression.children], [v.name for v in expression.parents])
        case "Product":
            product = shares.one()
            for factor in expression.expressions:
                product = product * _value(shares, factor)
            return product
        case "Fraction":
            return _value(shares, expression.numerator) / _value(shares, expression.denominator)
        case "Sum":
            return shares.summed(_value(shares, expression.expression), [v.name for v in expression.ranges])
    raise ValueError(f"y0's expression holds a {type(expression).__name__}: {expression}"[:300])

"""causaleffect (Python): a formula by ID and IDC, evaluated here on the shares of the table; it estimates nothing."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from causaleffect import ID, createGraph
from formulas import Shares
from serve import CannotAskError, RefusedError

__all__ = ["answer", "versions"]


def versions() -> str:
    return f"causaleffect {version('causaleffect')}"


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    edges = [f"{a}->{b}" for a, b in case["graph"]["directed"]] + [f"{a}<->{b}" for a, b in case["graph"]["bidirected"]]
    graph = createGraph(edges)
    for name in case["graph"]["nodes"]:  # its edges name no vertex that has none
        if name not in graph.vs["name"]:
            graph.add_vertex(name=name)
    outcomes, treatments, conditions = (set(case["query"][part]) for part in ("outcomes", "treatments", "conditions"))
    with reply.clock("fit"):
        found = ID(outcomes, treatments, graph, conditions)
    formula = found.copy().printLatex()
    if not found.identifiable:
        raise RefusedError(formula)
    reply.estimand(formula)
    if set(case["graph"]["nodes"]) - set(case["levels"]):
        raise CannotAskError("causaleffect gives a formula and evaluates none")
    shares = Shares(case, columns)
    value = _value(shares, found)
    for k, ask in enumerate(case["asks"]):
        reply.chances(k, shares.law(value, case["query"]["outcomes"], {**ask["do"], **ask["given"]}))


def _value(shares: Shares, found: Any) -> Any:
    said = found.attributes()
    if said["recursive"]:
        value = shares.one()
        for child in found._children:
            value = value * _value(shares, child)
    else:
        value = shares.probability(said["var"], said["cond"]) if said["var"] else shares.one()
    value = shares.summed(value, said["sumset"])
    return value / _value(shares, found._divisor) if said["fraction"] else value

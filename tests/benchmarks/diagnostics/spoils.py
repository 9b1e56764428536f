"""Five ways to spoil a fit, and what has to be said of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

import idgen_compiler as idgen
from idgen_compiler.check.implication import implications
from idgen_compiler.data.arrays import Array
from idgen_compiler.errors import IdgenError
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.hinge.diagnostics import Diagnostics
from tests.benchmarks.diagnostics.tables import Case, drawn

__all__ = ["SPOILS", "alterations", "halves", "said", "spoilt"]

SPOILS = ("shuffled column", "too few passes", "wrong type", "no overlap", "wrong arrow")

TOPICS = {
    "shuffled column": {"arrow"},
    "too few passes": {"training", "prediction", "law"},
    "wrong type": {"type"},
    "no overlap": {"overlap"},
    "wrong arrow": {"graph"},
}
"""Which sentences are the right ones."""

NAMED = ("shuffled column", "wrong type")
"""Of these the sentence has to name the column."""


def said(spoil: str, case: Case, found: Diagnostics) -> bool:
    """Whether the right sentence is among those told."""
    right = [one for one in found.concerns if one.topic in TOPICS[spoil]]
    return any(spoil not in NAMED or one.where == case.spoilt for one in right)


def spoilt(spoil: str, name: str, numeric: bool, rows: int, seed: int) -> Case:
    """A case that is spoilt in one way."""
    rng = np.random.default_rng((seed, 1))
    case = drawn(name, numeric, rows, seed, spoil != "no overlap", spoil == "too few passes")
    data = dict(case.data)
    program = idgen.compile(idgen.Query.parse(case.query), case.graph)
    read = program.observe.variables
    if spoil == "shuffled column":
        column = str(rng.choice(list(read)))
        return replace(case, data={**data, column: rng.permutation(data[column])}, spoilt=column)
    if spoil == "too few passes":
        return replace(case, options={"epochs": int(rng.integers(1, 4))}, spoilt="epochs")
    if spoil == "wrong type":
        able = [each for each in read if numeric == (len(np.unique(data[each])) > 5)]
        column = str(rng.choice(able))
        if numeric:  # a measured number, to two digits, taken for a label
            scale = np.round(100 * (data[column] - data[column].mean()) / data[column].std()) / 100
            return replace(
                case, data={**data, column: scale}, options={"types": {column: "categorical"}}, spoilt=column
            )
        return replace(case, options={"types": {column: "continuous"}}, spoilt=column)
    if spoil == "wrong arrow":
        able_graphs = [graph for graph, seen in alterations(case) if seen]
        graph = able_graphs[int(rng.integers(len(able_graphs)))]
        return replace(case, graph=graph, spoilt=str(graph))
    return replace(case, spoilt="overlap")


def halves(name: str, numeric: bool, rows: int, seed: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """A table with laws that bend, and as many fresh rows of the same laws."""
    whole = drawn(name, numeric, 2 * rows, seed, bent=True).data
    return {n: values[:rows] for n, values in whole.items()}, {n: values[rows:] for n, values in whole.items()}


def alterations(case: Case) -> Iterator[tuple[idgen.ADMG, bool]]:
    """The graph with one arrow left out or turned, where the query still has an answer; and whether rows can tell.

    They can where the other graph implies an independence, of rows or of a law after interventions, that the true one
    does not.
    """
    graph = case.graph
    true = {str(one) for one in implications(graph)}
    for edge in graph.directed:
        rest = [other for other in graph.directed if other != edge]
        for more in ([], [edge[::-1]]):
            try:
                other = idgen.ADMG(directed=[*rest, *more], bidirected=graph.bidirected, nodes=graph.order)
                idgen.compile(idgen.Query.parse(case.query), other)
            except IdgenError:
                continue
            false = [one for one in implications(other) if not one.functional and not m_separated(
                graph, [one.a], [one.b], one.given)]  # fmt: skip
            verma = [one for one in implications(other) if one.functional and str(one) not in true]
            yield other, bool(false) or bool(verma)

"""The graph beside the rows of the fit: what it implies, and whether its edges show."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp

import numpy as np

from idgen_compiler.check import check_graph
from idgen_compiler.check.columns import FEWEST_ROWS, CodedColumn
from idgen_compiler.check.dependence import Margin, dependence, residual_dependence
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.diagnostics import Arrow, GraphTest, Test
from idgen_compiler.ir.program import Program
from idgen_torch.running.diagnosing.drawn import Kinds, in_own_unit
from idgen_torch.running.diagnosing.kept import KeptData

__all__ = ["arrows", "columns_of_rows", "graph_tests", "projected"]

MOST_GIVEN, MOST_VERTICES, MOST_EDGES = 6, 12, 60
"""An edge is looked at given so many other neighbors; larger graphs are left to `check_graph`."""


def columns_of_rows(program: Program, rows: KeptData, schema: Schema, kinds: Kinds) -> dict[str, CodedColumn]:
    """The variables of a program that are one category or one number, as tests read them.

    What varies in no row says nothing and is left out.
    """
    found: dict[str, CodedColumn] = {}
    for name in program.observe.variables:
        parts = schema.parts(name)
        if len(parts) != 1 or parts[0].name not in rows.rows:
            continue
        part = parts[0]
        if part.form is Form.CODES:
            column = CodedColumn(rows.rows[part.name].cpu().numpy(), part.size or 1)
        elif part.form is Form.NUMBERS and part.dim == 1:
            column = CodedColumn(in_own_unit(part, rows.rows[part.name], kinds))
        else:
            continue
        if len(np.unique(column.values)) > 1:
            found[name] = column
    return found


def projected(program: Program, columns: Mapping[str, CodedColumn]) -> ADMG:
    """The graph of the law of these columns: its latent projection."""
    graph = program.graph
    return ADMG(graph.directed, graph.bidirected, graph.order).project([n for n in graph.order if n not in columns])


def graph_tests(graph: ADMG, columns: Mapping[str, CodedColumn], level: float) -> tuple[list[GraphTest], str]:
    """What a graph implies, tested by `check_graph`; a sentence where that is left out."""
    if len(graph) < 2:
        return [], ""
    if len(graph) > MOST_VERTICES:
        return [], f"the graph has {len(graph)} columns; what it implies is tested by check_graph"
    table = {name: np.char.add("c", column.values.astype(str)) if column.categorical else column.values for name, column
             in columns.items()}  # fmt: skip
    types = {name: "categorical" if column.categorical else "continuous" for name, column in columns.items()}
    check = check_graph(graph, table, types, alpha=level)
    found = []
    for one in check.findings:
        outcome, test = one.outcome, None
        if outcome.p_value is not None:
            p = outcome.p_value
            test = Test(str(one.implication), outcome.statistic, p, p, outcome.statistic, round(outcome.rows))
        implication = one.implication
        found.append(
            GraphTest(str(implication), implication.sentence, implication.functional, False, test, outcome.why)
        )
    return found, ""


def arrows(graph: ADMG, columns: Mapping[str, CodedColumn]) -> list[Arrow]:
    """How strongly the ends of each edge depend on each other: by themselves, or given the other neighbors.

    The smaller of the two p-values, doubled, is an edge's, so that neither an exclusive or nor a path that cancels it
    hides it. Nothing where there are few rows, or the graph is large.
    """
    if not columns or len(next(iter(columns.values())).values) < FEWEST_ROWS:
        return []
    edges = [*((a, b, "->") for a, b in graph.directed), *((a, b, "<->") for a, b in graph.bidirected)]
    if len(edges) > MOST_EDGES:
        return []
    margins = {name: Margin.of(column) for name, column in columns.items()}
    found, known = [], dict[frozenset[str], Test]()
    for a, b, arrow in edges:
        given = tuple(n for n in sorted(graph.parents([b]) | graph.siblings([b])) if n not in (a, b))[:MOST_GIVEN]
        pair = frozenset((a, b))
        if pair not in known:
            plain = dependence(margins[a], margins[b])
            log_p, strength = plain.log_p, plain.strength
            if given:
                rest = residual_dependence(
                    columns[a], columns[b], [columns[n] for n in given], np.random.default_rng(0), -3.0
                )
                log_p, strength = min(log_p, rest.log_p) + np.log(2), max(strength, rest.strength)
            p = exp(min(0.0, log_p))
            rows = len(columns[a].values)
            known[pair] = Test(f"dependence of {a} and {b}", strength, p, p, strength, rows)
        found.append(Arrow(f"{a} {arrow} {b}", given, known[pair]))
    return found

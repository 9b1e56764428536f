"""The graph beside the rows of the fit: what it implies, and whether its edges show."""

from __future__ import annotations

from math import exp

import numpy as np

from idgen_compiler.check.check import check_columns
from idgen_compiler.check.columns import FEWEST_ROWS, CodedColumn, Columns
from idgen_compiler.check.dependence import Margin, dependence, residual_dependence
from idgen_compiler.check.independence import Contradiction, contradictions
from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.diagnostics import Arrow, GraphTest, Test
from idgen_compiler.ir.program import Program
from idgen_torch.running.diagnosing.drawn import Kinds, in_own_unit
from idgen_torch.running.kept import KeptData

__all__ = ["arrows", "columns_of", "graph_tests", "projected"]

MOST_GIVEN, MOST_VERTICES, MOST_EDGES, MOST_TESTED = 6, 12, 60, 4_000
"""An edge is looked at given so many other neighbors; larger graphs are tested pair by pair; so many rows are read."""


MOST_RARE = 0.5
"""Of a category more of whose rows have levels that quick tests do not tell apart nothing is said."""

LINEAR = "a test of a law after interventions takes numbers for linear, and blames the graph for laws that bend"


def columns_of(
    program: Program, beside: Columns, rows: KeptData, schema: Schema, kinds: Kinds
) -> dict[str, CodedColumn]:
    """The columns that a graph names as tests read them: those that the fit read for them, or those of its models.

    What varies in no row says nothing and is left out.
    """
    if beside:
        few = np.arange(min(MOST_TESTED, len(next(iter(beside.values())).values)))
        some = {name: column.at(few) for name, column in beside.items()}
        return {name: column for name, column in some.items() if len(np.unique(column.values)) > 1}
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


def projected(program: Program, columns: Columns) -> ADMG:
    """The graph of the law of these columns: its latent projection."""
    graph = program.graph
    return ADMG(graph.directed, graph.bidirected, graph.order).project([n for n in graph.order if n not in columns])


def graph_tests(graph: ADMG, columns: Columns, level: float) -> list[GraphTest]:
    """What a graph implies, tested as by `check_graph`; of large graphs only what quick tests of pairs contradict."""
    if len(graph) < 2:
        return []
    if len(graph) > MOST_VERTICES:
        return [_contradicted(one) for one in contradictions(graph, columns)]
    found = []
    for one in check_columns(graph, columns, alpha=level).findings:
        implication, outcome, test = one.implication, one.outcome, None
        if outcome.p_value is not None:
            p, rows = outcome.p_value, round(outcome.rows)
            test = Test(str(implication), outcome.statistic, p, p, outcome.statistic / max(rows, 1), rows)
        why = outcome.why
        if implication.functional and not all(columns[name].categorical for name in implication.variables):
            test, why = None, LINEAR
        found.append(GraphTest(str(implication), implication.sentence, implication.functional, False, test, why))
    return found


def _contradicted(one: Contradiction) -> GraphTest:
    name = str(one.implication)
    test = Test(name, one.strength, one.p_value, one.p_value, one.strength, one.rows)
    return GraphTest(name, one.implication.sentence, False, True, test)


def arrows(graph: ADMG, columns: Columns) -> list[Arrow]:
    """How strongly the ends of each edge depend on each other: by themselves, or given the other neighbors.

    The smaller of the two p-values, doubled, is an edge's, so that neither an exclusive or nor a path that cancels it
    hides it. Nothing where there are few rows, or the graph is large, nor of categories most of whose rows have rare
    levels, which quick tests take for one.
    """
    if len(graph) < 2 or len(next(iter(columns.values())).values) < FEWEST_ROWS:
        return []
    edges = [*((a, b, False) for a, b in graph.directed), *((a, b, True) for a, b in graph.bidirected)]
    if len(edges) > MOST_EDGES:
        return []
    margins = {name: Margin.of(column) for name, column in columns.items()}
    found, known = [], dict[frozenset[str], Test]()
    for a, b, hidden in edges:
        if max(margins[a].rest, margins[b].rest) > MOST_RARE:
            continue
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
        found.append(Arrow((a, b), hidden, given, known[pair]))
    return found

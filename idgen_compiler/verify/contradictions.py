"""Rows against the independences that a program's answer rests on, before it is fitted to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

from idgen_compiler.check.columns import CodedColumn, Columns, read_some_rows
from idgen_compiler.check.independence import Contradiction, contradictions
from idgen_compiler.compile import compile
from idgen_compiler.compile.bindings import brought_to
from idgen_compiler.compile.options import Realization
from idgen_compiler.data.reading.options import Reading
from idgen_compiler.data.schema import Schema, TypeRequest
from idgen_compiler.errors import GraphError, GraphWarning, IdgenError, NotIdentifiable
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.edges import Edge
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.hinge.question import query_of
from idgen_compiler.hinge.source import data_of
from idgen_compiler.ir.program import Program
from idgen_compiler.verify.likeness import alike
from idgen_compiler.warning import warn_user

__all__ = ["columns_to_check", "contradictions_of", "warn_contradictions"]

WAYS: tuple[Realization, ...] = ("auto", "regenerate", "reweight")

ROUNDS, APART, SHOWN = 3, 12, 3
"""How often the graph is compared with the rows, how many edges are tried one by one, the strongest first, and how many
pairs are named with their numbers."""


def warn_contradictions(
    program: Program,
    data: Any,
    types: Mapping[str, TypeRequest] | None = None,
    schema: Schema | None = None,
    wanted: bool = True,
    how: Reading | None = None,
    columns: Columns | None = None,
) -> None:
    """Warn (GraphWarning) where rows contradict an independence of the graph that the program's answer rests on.

    One warning names the pairs, how strongly they depend on each other, and the edges to add. Every backend that reads
    rows calls this in `fit`, with what `check_graph=` says as `wanted`. Images of a `schema` are not read again. `how`
    says how the table is read; `columns` are those of `columns_to_check`, where they were read before.

    >>> import warnings
    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("Z -> Y; X -> Y"))
    >>> rows = [k % 2 for k in range(1000)]
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_contradictions(program, {"Z": rows, "X": rows, "Y": rows})
    >>> print(caught[0].message)
    the rows contradict the graph, and the answer rests on it: Z and X (Cramér's V 1.00, p < 1e-99) are dependent \
though no edge says so; add Z <-> X to the graph, or an arrow, or leave this check out with check_graph=False
    """
    found = contradictions_of(program, data, types, schema, how, columns=columns) if wanted else ()
    if not found:
        return
    pairs = [(one.implication.b, one.implication.a) for one in found]
    rest = f" and {len(found) - SHOWN} more pairs" if len(found) > SHOWN else ""
    named = ", ".join(map(str, found[:SHOWN]))
    arrow = "an arrow" if len(pairs) == 1 else "arrows"
    lost = "" if _recompiles(program, (), pairs) is not None else " (which leaves the query without an answer)"
    warn_user(
        f"the rows contradict the graph, and the answer rests on it: {named}{rest} are dependent though no edge says "
        f"so; add {_edges(program.graph, pairs)} to the graph{lost}, or {arrow}, or leave this check out with "
        "check_graph=False",
        GraphWarning,
    )


def contradictions_of(
    program: Program,
    data: Any,
    types: Mapping[str, TypeRequest] | None = None,
    schema: Schema | None = None,
    how: Reading | None = None,
    *,
    seed: int = 0,
    columns: Columns | None = None,
) -> tuple[Contradiction, ...]:
    """The independences of a program's graph that rows contradict, as far as its answers rest on them.

    The strongest come first, and those that an edge for a stronger one would explain are left out.

    Whether they do is decided by the compiler: with the edges in the graph that would explain the dependences (hidden
    causes, or arrows), the queries are compiled again. Where the program stays the same, its answers are right in the
    larger graph too.
    All columns that the graph names and the table has are looked at, also those that the program does not read: it may
    do without them because of an independence. Where the test of an independence allows no test (no scipy, fewer than
    50 rows, no numbers or categories), nothing is found.
    """
    if columns is None:
        columns = columns_to_check(program, data, types, schema, how, seed=seed)
    asked = {name for op in program.samplers for name in (*op.network.inputs, *op.network.outputs)}
    try:
        found = _unexplained(program.graph, columns, asked, seed)
    except IdgenError:  # no scipy
        return ()
    if not found or _stays(program, found):
        return ()
    resting = tuple(one for one in found[:APART] if not _stays(program, [one]))
    return found if len(resting) in (0, APART) else resting


def columns_to_check(
    program: Program,
    data: Any,
    types: Mapping[str, TypeRequest] | None = None,
    schema: Schema | None = None,
    how: Reading | None = None,
    *,
    seed: int = 0,
) -> dict[str, CodedColumn]:
    """Some rows of all columns that a program's graph names and the table has, those that it does not read among them.

    Pictures, and what no test takes, are left out.  Shape of each column: (rows,).
    """
    observed = program.observe.variables
    others = [name for name in program.graph.order if name not in observed]
    if schema is not None:
        observed = tuple(n for n in observed if not any(atom.kind.of_pictures for atom in schema[n].atoms(n)))
    return read_some_rows(data_of(program, data), observed, others, types, how, seed=seed)


def _unexplained(graph: ADMG, columns: Columns, asked: Collection[str], seed: int) -> tuple[Contradiction, ...]:
    """The contradictions that need an edge of their own: one for a stronger one may connect other pairs too.

    With the edges in it the graph is compared with the rows again, since it may claim too much still.
    """
    found: list[Contradiction] = []
    for _ in range(ROUNDS):
        before = len(found)
        for one in contradictions(graph, columns, asked, seed=seed):
            a, b = one.implication.b, one.implication.a
            if m_separated(graph, [a], [b], one.implication.given):
                found.append(one)
                graph = ADMG(graph.directed, [*graph.bidirected, (a, b)], graph.order)
        if len(found) == before:
            break
    return tuple(found)


def _stays(program: Program, found: Sequence[Contradiction]) -> bool:
    """Whether the program is also that of the graph with an edge for each dependence, whatever edge explains it.

    A hidden cause, an arrow along the graph's order, or one against it where that makes no cycle.
    """
    graph = program.graph
    along = [(one.implication.b, one.implication.a) for one in found]
    back = [(b, a) for a, b in along if a not in graph.ancestors([b])]
    backs = [back] if _is_acyclic(graph, back) else [[edge] for edge in back]
    more = (((), along), (along, ()), *((edges, ()) for edges in backs))
    return all(_recompiles(program, arrows, arcs) for arrows, arcs in more)


def _is_acyclic(graph: ADMG, arrows: Sequence[Edge]) -> bool:
    try:
        ADMG([*graph.directed, *arrows], nodes=graph.order)
    except GraphError:
        return False
    return True


def _recompiles(program: Program, arrows: Sequence[Edge], arcs: Sequence[Edge]) -> bool | None:
    """Whether the queries compile to this program with more edges in its graph; None where one has no answer then."""
    graph = program.graph
    larger = ADMG([*graph.directed, *arrows], [*graph.bidirected, *arcs], graph.order)
    queries = [query_of(program, op) for op in program.samplers]
    try:
        for realize in WAYS if program.laws else WAYS[:1]:
            again = compile(queries if len(queries) > 1 else queries[0], larger, realize=realize, **brought_to(program))
            if alike(again, program):
                return True
    except NotIdentifiable:
        return None
    except IdgenError:  # a program that was compiled otherwise, or written by hand
        return False
    return False


def _edges(graph: ADMG, pairs: Sequence[tuple[str, str]]) -> str:
    """The edges in the text form of graphs; in the short form where they relate most of some variables to each."""
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    joined = {frozenset(edge) for edge in (*graph.directed, *graph.bidirected)}
    every = {frozenset(pair) for pair in combinations(names, 2)}
    if len(names) > 2 and 2 * len(pairs) > len(every) and not every & joined:
        return f"<-> {spelled_all(name for name in graph.order if name in names)}"
    said = [f"{spelled(a)} <-> {spelled(b)}" for a, b in pairs] if len(pairs) <= SHOWN else _stars(pairs)
    return "; ".join(said[: 2 * SHOWN]) + (" and so on" if len(said) > 2 * SHOWN else "")


def _stars(pairs: Sequence[Edge]) -> list[str]:
    """The pairs as statements such as `A <-> B, C, D`, first the name that stands in most of them."""
    rest, said = list(pairs), []
    while rest:
        counts = Counter(name for pair in rest for name in pair)
        hub = max(counts, key=lambda name: counts[name])
        others = [b if a == hub else a for a, b in rest if hub in (a, b)]
        said.append(f"{spelled(hub)} <-> {spelled_all(others)}")
        rest = [pair for pair in rest if hub not in pair]
    return said

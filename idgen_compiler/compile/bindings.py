"""What a user brings to a program: bound kernels, functions, and variables that no table holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from idgen_compiler.errors import QueryError, near_misses
from idgen_compiler.forms.spelling import spelled, spelled_all
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.edges import name_list
from idgen_compiler.ir.program import Program
from idgen_compiler.query import Query
from idgen_compiler.rewrites.bind import Bind

__all__ = ["Functions", "bindings", "brought_to", "read_conditional", "with_functions", "written"]

Functions = Mapping[str, Sequence[str] | str]
"""A variable -> the variables that it is a function of."""


def read_conditional(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The targets and inputs of a conditional such as "Y | X, Z" or "P(Y | X, Z)".

    Raises QueryError with the place of what cannot be read, and for interventions and values, which a conditional of
    the observed law has not.

    >>> read_conditional('I2 | Male, "the image"')
    (('I2',), ('Male', 'the image'))
    """
    if not isinstance(text, str):
        raise QueryError(f"a conditional is read from a text such as 'Y | X, Z', not from {text!r:.80}")
    plain = text.strip()
    query = Query.parse(plain if plain.startswith("P(") else f"P({plain})")
    if query.treatments or query.settings:
        raise QueryError(f"{text!r:.80} is no conditional of the observed law; write variables alone, as in 'Y | X, Z'")
    return query.outcomes, query.conditions


def with_functions(graph: ADMG, functions: Functions) -> ADMG:
    """The graph with a vertex for each function that it has none for, below the variables that it is a function of.

    Raises QueryError for what is no mapping from names to names.

    >>> print(with_functions(ADMG.parse("X -> Y"), {"A": ("X", "Y")}))
    X -> Y
    X -> A
    Y -> A
    """
    if not isinstance(functions, Mapping):
        raise QueryError(f"functions are {functions!r:.80}; give a mapping, such as functions={{'A': ('P1', 'P2')}}")
    if not isinstance(graph, ADMG) or all(name in graph for name in functions):
        return graph
    edges = list(graph.directed)
    for name, inputs in functions.items():
        if name not in graph:
            edges += [(above, name) for above in name_list(inputs)]
    order = [*graph.order, *(name for name in functions if name not in graph)]
    for tail, head in edges:
        if tail not in order:
            raise QueryError(
                f"{spelled(head)} is a function of {tail!r}, which the graph has not{near_misses(tail, order)}"
            )
    return ADMG(edges, graph.bidirected, order)


def bindings(
    graph: ADMG,
    bound: Iterable[str] = (),
    functions: Functions | None = None,
    unobserved: Iterable[str] = (),
    fallbacks: Iterable[str] = (),
) -> Bind:
    """The rewrite that puts in what a user brings.

    Raises QueryError for kernels that cannot be read, are bound twice, have several targets or variables that the graph
    has not, and for a fallback of what is not bound, is a function, or of what no table holds.
    """
    kernels: dict[str, tuple[str, ...]] = {}
    for text in (bound,) if isinstance(bound, str) else tuple(bound):
        targets, inputs = read_conditional(text)
        if len(targets) != 1:
            raise QueryError(
                f"{text!r:.80} has the targets {spelled_all(targets)}; bind one variable at a time, and what is drawn "
                "together as one variable of several columns (composites)"
            )
        _add(kernels, targets[0], inputs)
    for name, of in (functions or {}).items():
        given = name_list(of)
        if not given:
            raise QueryError(f"{spelled(name)} is a function of nothing; name the variables that it is a function of")
        _add(kernels, name, given)
        _check_function(graph, name, given)
    hidden = name_list(unobserved)
    for name in dict.fromkeys((*kernels, *(i for given in kernels.values() for i in given), *hidden)):
        if name not in graph:
            raise QueryError(f"the graph has no {name!r} to bind{near_misses(name, graph.order)}")
    learned = name_list(fallbacks)
    for name in learned:
        if name not in kernels or name in (functions or {}):
            raise QueryError(f"{spelled(name)} is no bound kernel, and so needs no fallback; name what bound= names")
        if lacking := [v for v in (name, *kernels[name]) if v in hidden]:
            raise QueryError(
                f"the fallback of {spelled(name)} would be learned, and no table holds {spelled_all(lacking)}; "
                "leave it out"
            )
    return Bind(
        tuple((name, tuple(sorted(given))) for name, given in sorted(kernels.items())),
        tuple(sorted(functions or {})),
        tuple(sorted(hidden)),
        tuple(sorted(learned)),
    )


def brought_to(program: Program) -> dict[str, Any]:
    """What was brought to a program, as `compile` takes it.

    >>> import idgen_compiler as idgen
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse("X -> Y"), bound=["Y | X"])
    >>> brought_to(program)["bound"]
    ['Y | X']
    """
    functions = {op.targets[0]: op.inputs for op in program.bindings if op.function}
    return {
        "bound": [written(op.targets[0], op.inputs) for op in program.bindings if not op.function],
        "functions": functions,
        "unobserved": program.observe.unobserved,
        "fallbacks": [op.targets[0] for op in program.bindings if op.fallback],
    }


def written(target: str, inputs: Sequence[str]) -> str:
    """A conditional as `read_conditional` reads it."""
    return f"{spelled(target)} | {spelled_all(inputs)}" if inputs else spelled(target)


def _add(kernels: dict[str, tuple[str, ...]], target: str, inputs: Sequence[str]) -> None:
    if target in kernels:
        raise QueryError(f"{spelled(target)} is bound twice; give each variable one kernel")
    if target in inputs:
        raise QueryError(f"{spelled(target)} is bound given itself; leave it out of the inputs")
    kernels[target] = tuple(inputs)


def _check_function(graph: ADMG, name: str, inputs: Sequence[str]) -> None:
    """Raise QueryError where something else than its inputs has a hand in a function."""
    if name not in graph:
        return
    others = sorted({*graph.parents([name]), *graph.siblings([name])}.difference(inputs, [name]))
    if others:
        edge = f"{spelled(others[0])} {'->' if others[0] in graph.parents([name]) else '<->'} {spelled(name)}"
        raise QueryError(
            f"{spelled(name)} is a function of {spelled_all(inputs)}, and the graph has {edge}; name "
            f"{spelled(others[0])} among its inputs, or drop the edge"
        )

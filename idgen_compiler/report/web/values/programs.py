"""A program on a page: each operation with its law, what it needs, how it turned out, and the code for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from idgen_compiler.compile import Compilation, compile, explain
from idgen_compiler.compile.options import Realization
from idgen_compiler.errors import IdgenError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.question import query_of
from idgen_compiler.ir.analysis import run_by_samplers, specialized, uses
from idgen_compiler.ir.cost import COUNTS
from idgen_compiler.ir.drawing.svg import key_of
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import Bind, Condition, LawType, Observe, Operation, Realize, Sample, Train
from idgen_compiler.ir.program import Program
from idgen_compiler.ir.text import conditional_of, law_of, print_operation
from idgen_compiler.query import Query
from idgen_compiler.report.stages import saved

__all__ = ["Compared", "Count", "OperationShown", "ProgramShown", "StageShown", "brought_of", "program_shown"]

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OperationShown:
    """One operation.

    needs, used_by: names of operations.  fitted: labels with what the fit says of it.  said: sentences about it.
    """

    key: str
    word: str
    text: str
    law: str
    needs: tuple[str, ...]
    used_by: tuple[str, ...]
    code: str
    fitted: Facts = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """One count of the literal program, and of the program compiled from it."""

    what: str
    literal: int
    compiled: int


@dataclass(frozen=True, slots=True)
class StageShown:
    """What one rewrite or pass saved; empty where it changed nothing that is counted."""

    name: str
    saved: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The literal programs (-O0) beside the program; `why` says why there are none to show."""

    literal: str = ""
    counts: tuple[Count, ...] = ()
    stages: tuple[StageShown, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class ProgramShown:
    """A program: `text` is what it is, and `code` makes it again."""

    name: str
    text: str
    code: str
    operations: tuple[OperationShown, ...]
    compared: Compared


def program_shown(
    program: Program, fitted: Mapping[str, tuple[Facts, tuple[str, ...]]] | None = None, fit: str = ""
) -> ProgramShown:
    """What there is to say of a program, and by operation of how it was fitted; `fit` is the code of that.

    >>> import idgen_compiler as idgen
    >>> shown = program_shown(idgen.compile(Query.parse("P(Y | do(X))"), ADMG.parse("X -> Y")))
    >>> [(op.key, op.law) for op in shown.operations]
    [('%obs', 'P(X, Y)'), ('%m0', 'P(Y | X)'), ('sample', 'P(Y | do(X))')]
    """
    compilations = _explained(program)
    kept = _kept(program) if fitted else frozenset[str]()
    operations = tuple(
        _operation(program, op, (fitted or {}).get(op.result, ((), ())), kept) for op in program.operations
    )
    compared = compilations if isinstance(compilations, Compared) else _compared(program, compilations)
    code = _code(program)
    return ProgramShown(program.name, str(program), f"{code}\n{fit}" if fit else code, operations, compared)


def brought_of(program: Program) -> dict[str, Any]:
    """What `compile` was told of kernels that are brought, as far as the program says it."""
    bound = [op for op in program.operations if isinstance(op, Bind)]
    return {
        "bound": [f"{op.targets[0]} | {', '.join(op.inputs)}" if op.inputs else op.targets[0] for op in bound
                  if not op.function],
        "functions": {op.targets[0]: op.inputs for op in bound if op.function},
        "unobserved": list(program.observe.unobserved),
        "fallbacks": [op.targets[0] for op in bound if op.fallback],
    }  # fmt: skip


def _explained(program: Program) -> tuple[Compilation, ...] | Compared:
    queries = [query_of(program, sampler) for sampler in program.samplers]
    try:
        return tuple(explain(query, _graph(program), **brought_of(program)) for query in queries)
    except IdgenError as error:
        return Compared(why=f"the query cannot be compiled again from the program alone: {error}")


def _graph(program: Program) -> ADMG:
    graph = program.graph
    return graph if isinstance(graph, ADMG) else ADMG.from_edge_list(graph.edge_list())


def _compared(program: Program, compilations: Sequence[Compilation]) -> Compared:
    literal = [each.literal.cost for each in compilations]
    counts = []
    for name, words in COUNTS.items():
        values = [getattr(cost, name) for cost in literal]
        before = max(values) if name in ("widest", "depth") else sum(values)
        after = getattr(program.cost, name)
        if before or after:
            counts.append(Count(words, before, after))
    texts = "\n\n".join(str(each.literal) for each in compilations)
    stages = tuple(_stages(compilations[0])) if len(compilations) == 1 else ()
    return Compared(texts, tuple(counts), stages)


def _stages(compilation: Compilation) -> Iterator[StageShown]:
    first, *others = compilation.stages
    yield StageShown("literal", str(first.cost))
    before = first
    for stage in others:
        yield StageShown(stage.name, saved(before.cost, stage.cost))
        before = stage


def _kept(program: Program) -> frozenset[str]:
    """The trained models that a torch sampler keeps: those that its networks apply."""
    networks = [op.network for op in run_by_samplers(program.operations)]
    trained = {op.result for op in program.models}
    return frozenset(name for network in networks for name in leaves(network, Role.MODEL) if name in trained)


def _operation(
    program: Program, op: Operation, fitted: tuple[Facts, tuple[str, ...]], kept: Collection[str]
) -> OperationShown:
    users = tuple(key_of(other) for other in program.operations if op.result in uses(other))
    facts, said = fitted
    return OperationShown(
        key_of(op),
        op.word,
        print_operation(op),
        _law(program, op),
        tuple(sorted(uses(op))),
        users,
        _code_of(program, op, op.result in kept),
        facts,
        said,
    )


def _law(program: Program, op: Operation) -> str:
    match op:
        case Observe():
            return str(LawType(op.variables, ()))
        case Train():
            laws = {each.result: each for each in program.laws}
            return conditional_of(op, laws.get(op.data))
        case Bind() | Condition():
            return conditional_of(op, None)
        case Realize():
            return law_of(op)
        case Sample():
            return str(query_of(program, op))


def _code(program: Program) -> str:
    """Python that makes the program again: from its queries where that gives it, else from its text."""
    graph, queries = _graph(program), [query_of(program, sampler) for sampler in program.samplers]
    asked = [f"idgen.Query.parse({str(query)!r})" for query in queries]
    lines = ["import idgen_compiler as idgen", ""]
    for realize in get_args(Realization):
        try:
            again = compile(queries[0] if len(queries) == 1 else queries, graph, realize=realize)
        except IdgenError:
            continue
        if (
            program.operations in (again.operations, tuple(specialized(again.operations)))
            and ADMG.parse(str(graph)) == graph
        ):
            how = "" if realize == "auto" else f", realize={realize!r}"
            lines += [f"graph = idgen.ADMG.parse({str(graph).replace(chr(10), '; ')!r})"]
            lines += [f"query = {asked[0] if len(asked) == 1 else '[' + ', '.join(asked) + ']'}"]
            return "\n".join([*lines, f"program = idgen.compile(query, graph{how})"])
    body = ",\n".join(f"    {line!r}" for line in str(program).split("\n"))
    return "\n".join([*lines, f'program = idgen.Program.parse("\\n".join([\n{body},\n]))'])


def _code_of(program: Program, op: Operation, kept: bool) -> str:
    place = program.operations.index(op)
    lines = [f"operation = program.operations[{place}]  # {key_of(op)}"]
    match op:
        case Train() if kept:
            lines.append(f"model = sampler.fitted.models[{op.result!r}]")
        case Sample():
            do, given = (_settings(names) for names in _roles(query_of(program, op)))
            query = f", query={op.query!r}" if op.query else ""
            lines.append(f"samples = sampler.sample(10_000, do={do}, given={given}, seed=0{query})")
    return "\n".join(lines)


def _roles(query: Query) -> tuple[Sequence[str], Sequence[str]]:
    return query.treatments, query.conditions


def _settings(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"{name!r}: ..." for name in names) + "}"

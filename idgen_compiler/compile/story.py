"""The story of the compiler: query -> identification -> estimand -> program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from idgen_compiler.compile.bindings import Functions, bindings, with_functions
from idgen_compiler.compile.direct import Direct, direct, least_models
from idgen_compiler.compile.options import CompileOptions, Realization
from idgen_compiler.compile.posings import Posing
from idgen_compiler.compile.search import compiled, is_ideal, kernel_stage, lowered, rank, searched, staged
from idgen_compiler.compile.stages import Compilation, Stage
from idgen_compiler.compile.together import together
from idgen_compiler.errors import QueryError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import Identification, identify
from idgen_compiler.ir.operations import Regenerate, Reweight, Weigh
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.program import Program
from idgen_compiler.query import Query, check_question, observed
from idgen_compiler.rewrites.bind import NOTHING

__all__ = ["compile", "explain", "explained"]

MOST_WEIGHED = 8
"""With more laws than these no conditional is offered to be weighed: in nested ones each run weighs runs of its own."""


def compile(
    query: Query | Sequence[Query],
    graph: ADMG,
    *,
    optimize: bool | int = True,
    realize: Realization = "auto",
    joint: Iterable[Sequence[str]] = (),
    latent: Iterable[str] = (),
    bound: Iterable[str] = (),
    functions: Functions | None = None,
    unobserved: Iterable[str] = (),
    fallbacks: Iterable[str] = (),
) -> Program:
    """Compile a query, or several, into a program that trains models on data and samples the answers.

    `optimize` is a level: 0 (or False) the literal lowering of ID-GEN and IDC-GEN, with a model for every conditional
    of the identification and a data set for every law after an intervention, regenerated unless asked otherwise; 1 the
    rewrites and passes; 2 (or True) also a search among equal ways to pose the query for the cheapest program.

    `realize` says how a law after an intervention is realized: "regenerate" samples a new data set from models,
    "reweight" weighs the rows of the data set it came from, and "weigh" makes no rows: a conditional of the law is
    drawn from runs of its network, weighed by what they say of the condition. "auto" offers all for which the program's
    columns do, and the backend chooses by what the data say.

    `joint` names groups of variables to sample by one model where they stand side by side and that is the same law.

    `latent` names vertices that no table holds, such as hidden causes; they are projected out of the graph first.

    `bound` names conditionals of P(V), each of one variable, as "I2 | I1, Male": kernels that somebody brings at the
    fit, which stay operations of their own whatever else becomes of the program. They condition on the inputs named,
    where the graph says that this is the conditional that the answer needs. `functions` are kernels with one value for
    each value of their inputs, {"A": ("P1", "P2")}; the graph gets a vertex for those that it has none for.
    `unobserved` are vertices that no table holds and that bound kernels and functions make. `fallbacks` are bound
    variables whose conditional is trained as well, for the kernel to ask where it has no answer of its own.

    Several queries make one program with a sampler for each, named by its query, over one set of models.

    Raises QueryError, also for a bound kernel that is not the conditional that the answer needs (with the open path)
    and for one that is missing, GraphError, and NotIdentifiable with the hedge.

    >>> import idgen_compiler as idgen
    >>> graph = idgen.ADMG.parse("X -> M -> Y; X <-> Y")
    >>> program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), graph)
    >>> [model.targets for model in program.models]
    [('M',), ('Y',)]
    """
    if isinstance(query, Query | str) or not isinstance(query, Iterable):  # a text is refused as a whole
        queries: list[Query] = [query]
    else:
        queries = list(query)
    graph = with_functions(observed(queries, graph, latent), functions or {})
    for each in queries:
        check_question(each, graph)
    brought = bindings(graph, bound, functions, unobserved, fallbacks)
    options = CompileOptions.checked(optimize, realize, joint, graph, brought)
    if isinstance(query, Query):
        return programmed(query, graph, options)
    if len(set(queries)) < len(queries):
        raise QueryError("a query is given twice; give each once, and values to sample, as do={...}")
    return together([programmed(each, graph, options) for each in queries], graph, options)


def explain(
    query: Query,
    graph: ADMG,
    *,
    optimize: bool | int = True,
    realize: Realization = "auto",
    joint: Iterable[Sequence[str]] = (),
    latent: Iterable[str] = (),
    bound: Iterable[str] = (),
    functions: Functions | None = None,
    unobserved: Iterable[str] = (),
    fallbacks: Iterable[str] = (),
) -> Compilation:
    """Compile as `compile` does, and keep what was decided and every stage in between.

    >>> import idgen_compiler as idgen
    >>> graph = idgen.ADMG.parse("X -> M -> Y; X <-> Y")
    >>> [stage.name for stage in idgen.explain(idgen.Query.parse("P(Y | do(X))"), graph, optimize=0).stages]
    ['literal']
    """
    graph = with_functions(observed([query], graph, latent), functions or {})
    check_question(query, graph)
    brought = bindings(graph, bound, functions, unobserved, fallbacks)
    return explained(query, graph, CompileOptions.checked(optimize, realize, joint, graph, brought))


def programmed(query: Query, graph: ADMG, options: CompileOptions) -> Program:
    """The program of a checked query, by checked options: that of `explained`, without what nobody asked to see.

    Raises QueryError and NotIdentifiable.
    """
    found = _direct(query, graph, options)
    if found is not None:
        program = staged(query, graph, [("literal", found.kernel)], options)[-1].program
        if is_ideal(program.cost, least_models(query, graph, found)):
            return program
    return explained(query, graph, options, minimal=options.level > 0 and options.bind == NOTHING).program


def explained(query: Query, graph: ADMG, options: CompileOptions, *, minimal: bool = False) -> Compilation:
    """The compilation of a checked query, by checked options.  Raises QueryError and NotIdentifiable.

    With `minimal`, no stage is the literal one: the same program comes sooner where nobody looks.
    """
    identification = identify(query, graph, minimal=minimal)
    graph, search = identification.graph, options.level >= 2 and not query.policies
    found = _direct(query, graph, options)
    least = least_models(query, graph, found) if search else 1
    at_once = [] if found is None else [_at_once(identification, found, options)]
    if at_once and is_ideal(at_once[0].program.cost, least):
        best, considered = at_once[0], 1
    else:
        each = [*compiled(identification, Posing(query, graph), options, least), *at_once]
        best, considered = min(each, key=rank), len(each)
        if search:  # equal ways to pose a query with policies are not searched
            best, more = searched(query, best, options, least)
            considered += more
    if best.posing.why:
        literal = kernel_stage("literal", query, graph, options.bind.apply(identification.estimand.kernel), options)
        best = replace(best, stages=(literal, replace(best.stages[0], name="Pose"), *best.stages[1:]))
    if options.realize == "auto" and options.level and best.program.laws:
        best = _with_weights(best, options)
    return replace(best, identification=identification, considered=considered)


def _direct(query: Query, graph: ADMG, options: CompileOptions) -> Direct | None:
    """The answer that needs no identification, where equal ways to pose the query may be taken."""
    if options.level < 2 or query.policies or options.bind != NOTHING or graph.fixed:
        return None
    return direct(query, graph)


def _at_once(identification: Identification, found: Direct, options: CompileOptions) -> Compilation:
    stages = staged(identification.query, identification.graph, [("literal", found.kernel)], options)
    estimand = replace(identification.estimand, kernel=found.kernel)
    return Compilation(identification, found.posing, estimand, stages[-1].program, stages, 1)


def _with_weights(best: Compilation, options: CompileOptions) -> Compilation:
    """The same estimand, with laws that may be reweighted and conditionals that may be weighed as well.

    What the data say about overlap decides. Weights of rows may need columns that nothing else does; these are not
    asked of a user.
    """
    query, graph = best.identification.query, best.identification.graph
    columns = set(best.program.observe.variables)
    few = len(best.program.laws) <= MOST_WEIGHED
    for ways in ((Regenerate, Reweight, Weigh), (Regenerate, Weigh)) if few else ((Regenerate, Reweight),):
        either = passes.run(lowered(query, graph, best.estimand.kernel, ways, options.bind), options.passes)
        if set(either.observe.variables) == columns:
            if not either.reweightings and not any(model.condition for model in either.models):
                break
            return replace(best, program=either, stages=(*best.stages, Stage("OfferWeights", either)))
    return best

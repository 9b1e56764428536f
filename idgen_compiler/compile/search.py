"""From an identified query to its cheapest program: every order of the rewrites, and every equal posing near by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from idgen_compiler.compile.options import CompileOptions
from idgen_compiler.compile.posings import Posing, moves
from idgen_compiler.compile.stages import Compilation, Stage
from idgen_compiler.errors import NotIdentifiable, QueryError
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import Identification, identify
from idgen_compiler.ir.cost import Cost
from idgen_compiler.ir.operations import Way, Weigh
from idgen_compiler.lower import lower
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.program import Program
from idgen_compiler.query import Query
from idgen_compiler.rewrites import pipeline as rewrites
from idgen_compiler.rewrites.bind import NOTHING, Bind
from idgen_compiler.rewrites.rewrite import Rewrite

__all__ = [
    "SEARCHED_POSINGS",
    "SEARCHED_VERTICES",
    "compiled",
    "is_ideal",
    "kernel_stage",
    "lowered",
    "rank",
    "searched",
    "staged",
]

SEARCHED_VERTICES = 12
"""Other posings are searched only where the query's ancestors are at most so many: it takes time with their number."""

SEARCHED_POSINGS = 200


def rank(compilation: Compilation) -> tuple[int, ...]:
    """What compilations are compared by: the smaller is the cheaper."""
    return compilation.program.cost.rank


def lowered(query: Query, graph: ADMG, kernel: Kernel, ways: Sequence[type[Way | Weigh]], bind: Bind) -> Program:
    """The literal program of a kernel of the query, on the graph in which it was identified."""
    estimand = _estimand(query, kernel)
    operations = lower(estimand, query.inputs, query.outcomes, ways, bind.data(graph))
    return Program(str(query), graph, operations)


def _estimand(query: Query, kernel: Kernel) -> Estimand:
    return Estimand(kernel, tuple(sorted(query.inputs)), tuple(sorted(query.outcomes)))


def kernel_stage(name: str, query: Query, graph: ADMG, kernel: Kernel, options: CompileOptions) -> Stage:
    """What a rewrite left, to be lowered once somebody looks."""
    made = partial(lowered, query, graph, kernel, options.ways, options.bind)
    return Stage(name, made, _estimand(query, kernel))


def staged(
    query: Query, graph: ADMG, kernels: Iterable[tuple[str, Kernel]], options: CompileOptions
) -> tuple[Stage, ...]:
    """What rewrites left, by their names, and what each pass leaves of the last: only that one is lowered unasked."""
    stages = [kernel_stage(name, query, graph, kernel, options) for name, kernel in kernels]

    def passed(name: str, _: Program, after: Program) -> None:
        stages.append(Stage(name, after))

    passes.run(stages[-1].program, options.passes, passed)
    return tuple(stages)


def compiled(
    identification: Identification, posing: Posing, options: CompileOptions, least: int = 1
) -> Iterator[Compilation]:
    """The program after each sequence of rewrites of the level, until one is ideal; each estimand is lowered once."""
    query, graph = identification.query, identification.graph
    literal = options.bind.apply(identification.estimand.kernel)
    known: dict[tuple[Rewrite, Kernel], Kernel] = {}
    finished: set[Kernel] = set()
    for sequence in rewrites.LEVELS[options.level]:
        kernels = [("literal", literal)]

        def rewritten(name: str, kernel: Kernel, kernels: list[tuple[str, Kernel]] = kernels) -> None:
            kernels.append((name, kernel))

        kernel = rewrites.run(literal, sequence, rewritten, known)
        if kernel in finished:
            continue
        finished.add(kernel)
        stages = staged(query, graph, kernels, options)
        program = stages[-1].program
        yield Compilation(identification, posing, _estimand(query, kernel), program, stages, 1)
        if is_ideal(program.cost, least):
            return


def searched(query: Query, best: Compilation, options: CompileOptions, least: int = 1) -> tuple[Compilation, int]:
    """The best that is found by climbing from posing to cheaper posing, and how many programs were compiled for that.

    A posing is left as soon as one step makes the program cheaper; `least` models without a law is as cheap as it gets.
    """
    graph = best.posing.graph
    relevant = graph.ancestral_mask(graph.mask_of(query.variables))
    considered = 0
    improved = len(relevant) <= SEARCHED_VERTICES
    while improved and not is_ideal(best.program.cost, least):
        improved = False
        start = best.posing
        for posing in islice(moves(start), SEARCHED_POSINGS):
            for found in _posed(query, posing, options, least):
                considered += 1
                if rank(found) < rank(best):
                    best, improved = found, True
    return best, considered


def is_ideal(cost: Cost, least: int = 1) -> bool:
    """Whether nothing is left to save: no law is realized, and no model too many is trained."""
    return cost.rank[0] == 0 and cost.models <= max(least, 1)


def _posed(query: Query, posing: Posing, options: CompileOptions, least: int) -> Iterator[Compilation]:
    if not options.bind.names <= posing.graph.nodes:  # nobody hides what a kernel is bound for
        return
    given = tuple(sorted((*query.treatments, *query.conditions)))
    try:
        identification = identify(posing.query, posing.graph, exchange=posing.exchange, minimal=options.bind == NOTHING)
        estimand = replace(identification.estimand, given=given)
        yield from compiled(replace(identification, query=query, estimand=estimand), posing, options, least)
    except (NotIdentifiable, QueryError):  # an equal posing may hide what the algorithm needs, or ask for more kernels
        return

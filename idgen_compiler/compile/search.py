"""From an identified query to its cheapest program: every order of the rewrites, and every equal posing near by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from idgen_compiler.compile.options import CompileOptions
from idgen_compiler.compile.posings import Posing, moves
from idgen_compiler.compile.stages import Compilation, Stage
from idgen_compiler.errors import NotIdentifiable, QueryError
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.identify import Identification, identify
from idgen_compiler.ir.cost import Cost
from idgen_compiler.ir.operations import Way, Weigh
from idgen_compiler.lower import lower
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.program import Program
from idgen_compiler.query import Query
from idgen_compiler.rewrites import pipeline as rewrites
from idgen_compiler.rewrites.bind import Bind

__all__ = ["SEARCHED_POSINGS", "SEARCHED_VERTICES", "compiled", "lowered", "rank", "searched"]

SEARCHED_VERTICES = 12
"""Other posings are searched only where the query's ancestors are at most so many: it takes time with their number."""

SEARCHED_POSINGS = 200


def rank(compilation: Compilation) -> tuple[int, ...]:
    """What compilations are compared by: the smaller is the cheaper."""
    return compilation.program.cost.rank


def lowered(identification: Identification, kernel: Kernel, ways: Sequence[type[Way | Weigh]], bind: Bind) -> Program:
    """The literal program of a kernel of the query, on the graph in which it was identified."""
    query = identification.query
    estimand = replace(identification.estimand, kernel=kernel)
    graph = identification.graph
    operations = lower(estimand, query.inputs, query.outcomes, ways, bind.data(graph))
    return Program(str(query), graph, operations)


def compiled(identification: Identification, posing: Posing, options: CompileOptions) -> Iterator[Compilation]:
    """The program after each sequence of rewrites of the level."""
    literal = replace(identification.estimand, kernel=options.bind.apply(identification.estimand.kernel))

    def stage(name: str, kernel: Kernel) -> Stage:
        return Stage(
            name, lambda: lowered(identification, kernel, options.ways, options.bind), replace(literal, kernel=kernel)
        )

    for sequence in rewrites.LEVELS[options.level]:
        stages = [stage("literal", literal.kernel)]

        def rewritten(name: str, kernel: Kernel, stages: list[Stage] = stages) -> None:
            stages.append(stage(name, kernel))

        def passed(name: str, _: Program, after: Program, stages: list[Stage] = stages) -> None:
            stages.append(Stage(name, after))

        kernel = rewrites.run(literal.kernel, sequence, rewritten)
        program = passes.run(stages[-1].program, options.passes, passed)
        yield Compilation(identification, posing, replace(literal, kernel=kernel), program, tuple(stages), 1)


def searched(query: Query, best: Compilation, options: CompileOptions) -> tuple[Compilation, int]:
    """The best that is found by climbing from posing to cheaper posing, and how many programs were compiled for that.

    A posing is left as soon as one step makes the program cheaper.
    """
    graph = best.posing.graph
    relevant = graph.ancestral_mask(graph.mask_of(query.variables))
    considered = 0
    improved = len(relevant) <= SEARCHED_VERTICES
    while improved and not _is_ideal(best.program.cost):
        improved = False
        start = best.posing
        for posing in islice(moves(start), SEARCHED_POSINGS):
            for found in _posed(query, posing, options):
                considered += 1
                if rank(found) < rank(best):
                    best, improved = found, True
    return best, considered


def _is_ideal(cost: Cost) -> bool:
    return cost.regenerations == 0 and cost.models <= 1


def _posed(query: Query, posing: Posing, options: CompileOptions) -> Iterator[Compilation]:
    if not options.bind.names <= posing.graph.nodes:  # nobody hides what a kernel is bound for
        return
    given = tuple(sorted((*query.treatments, *query.conditions)))
    try:
        identification = identify(posing.query, posing.graph, exchange=posing.exchange)
        estimand = replace(identification.estimand, given=given)
        yield from compiled(replace(identification, query=query, estimand=estimand), posing, options)
    except (NotIdentifiable, QueryError):  # an equal posing may hide what the algorithm needs, or ask for more kernels
        return

"""The story of the compiler: query -> identification -> estimand -> program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from idgen_compiler.alternatives import Posing, moves
from idgen_compiler.errors import NotIdentifiable, QueryError
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import Identification, identify
from idgen_compiler.ir.cost import Cost
from idgen_compiler.ir.program import Program
from idgen_compiler.lower import lower
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.query import Query
from idgen_compiler.rewrites import pipeline as rewrites

__all__ = ["Compilation", "Stage", "compile", "explain"]

SEARCHED_VERTICES = 12
"""Other posings are searched only where the query's ancestors are at most so many: it takes time with their number."""

SEARCHED_POSINGS = 200


@dataclass(frozen=True)
class Stage:
    """What one rewrite or pass left: the program (a rewritten estimand is shown lowered) and its cost."""

    name: str
    program: Program

    @property
    def cost(self) -> Cost:
        """The cost of the program at this stage."""
        return self.program.cost


@dataclass(frozen=True)
class Compilation:
    """A compiled query with everything that was decided on the way.

    `identification` is the user's query as posed, `posing` the equal one that was compiled, `estimand` its rewritten
    estimand, and `stages` the programs from the literal one to `program`.
    """

    identification: Identification
    posing: Posing
    estimand: Estimand
    program: Program
    stages: tuple[Stage, ...]
    considered: int  #: how many posings and orders of rewrites were compiled to choose from


def compile(query: Query, graph: ADMG, *, optimize: bool | int = True) -> Program:
    """Compile a query into a program that trains models on data and samples the answer.

    `optimize` is a level: 0 (or False) the literal lowering of ID-GEN and IDC-GEN, with a model for every conditional of
    the identification and a regenerated data set for every law after an intervention; 1 the rewrites and passes; 2 (or
    True) also a search among equal ways to pose the query for the cheapest program.

    Raises QueryError, GraphError, and NotIdentifiable with the hedge.
    """
    return explain(query, graph, optimize=optimize).program


def explain(query: Query, graph: ADMG, *, optimize: bool | int = True) -> Compilation:
    """Compile as `compile` does, and keep what was decided and every stage in between."""
    level = _level(optimize)
    identification = identify(query, graph)
    given = Posing(query, graph)
    best = min(_compiled(identification, given, level), key=_rank)
    considered = len(rewrites.LEVELS[level])
    if level >= 2:
        best, considered = _search(query, best, considered)
    return replace(best, identification=identification, considered=considered)


def _level(optimize: bool | int) -> int:
    level = 2 if optimize is True else int(optimize)
    if level not in passes.LEVELS:
        raise QueryError(f"there is no optimisation level {optimize!r}; choose 0, 1 or 2")
    return level


def _rank(compilation: Compilation) -> tuple[int, ...]:
    return compilation.program.cost.rank


def _search(query: Query, best: Compilation, considered: int) -> tuple[Compilation, int]:
    """Climb from posing to cheaper posing, as long as one step makes the program cheaper."""
    graph = best.posing.graph
    relevant = graph.ancestral_mask(graph.mask_of(query.variables))
    if len(relevant) > SEARCHED_VERTICES:
        return best, considered
    improved = True
    while improved and not _ideal(best.program.cost):
        improved = False
        start = best.posing
        for posing in islice(moves(start), SEARCHED_POSINGS):
            for found in _alternative(query, posing):
                considered += 1
                if _rank(found) < _rank(best):
                    best, improved = found, True
    return best, considered


def _ideal(cost: Cost) -> bool:
    return cost.regenerations == 0 and cost.models <= 1


def _alternative(query: Query, posing: Posing) -> Iterator[Compilation]:
    try:
        identification = identify(posing.query, posing.graph, exchange=posing.exchange)
    except NotIdentifiable:  # an equal posing may hide what the algorithm needs
        return
    given = tuple(sorted((*query.treatments, *query.conditions)))
    estimand = replace(identification.estimand, given=given)
    yield from _compiled(replace(identification, query=query, estimand=estimand), posing, 2)


def _compiled(identification: Identification, posing: Posing, level: int) -> Iterator[Compilation]:
    """The program after each sequence of rewrites of the level."""
    for sequence in rewrites.LEVELS[level]:
        stages = [Stage("literal", _lowered(identification, identification.estimand.kernel))]

        def rewritten(name: str, kernel: Kernel, stages: list[Stage] = stages) -> None:
            stages.append(Stage(name, _lowered(identification, kernel)))

        def passed(name: str, _: Program, after: Program, stages: list[Stage] = stages) -> None:
            stages.append(Stage(name, after))

        kernel = rewrites.run(identification.estimand.kernel, sequence, rewritten)
        program = passes.run(stages[-1].program, passes.LEVELS[level], passed)
        estimand = replace(identification.estimand, kernel=kernel)
        yield Compilation(identification, posing, estimand, program, tuple(stages), 1)


def _lowered(identification: Identification, kernel: Kernel) -> Program:
    query = identification.query
    estimand = replace(identification.estimand, kernel=kernel)
    return Program(str(query), lower(estimand, (*query.treatments, *query.conditions), query.outcomes))

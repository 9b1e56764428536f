"""The story of the compiler: query -> identification -> estimand -> program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, cast

from idgen_compiler.alternatives import Posing, moves
from idgen_compiler.errors import NotIdentifiable, QueryError, near_misses
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.identify import Identification, identify
from idgen_compiler.ir.cost import Cost
from idgen_compiler.ir.operations import Observe, Operation, Sample
from idgen_compiler.ir.program import Program
from idgen_compiler.lower import lower
from idgen_compiler.passes import Fuse, Pass, Renumber, with_values
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.query import Query, check_question
from idgen_compiler.rewrites import pipeline as rewrites

__all__ = ["Compilation", "Stage", "compile", "explain"]

Realization = Literal["auto", "regenerate", "reweight"]

SEARCHED_VERTICES = 12
"""Other posings are searched only where the query's ancestors are at most so many: it takes time with their number."""

SEARCHED_POSINGS = 200


@dataclass(frozen=True)
class Stage:
    """What one rewrite or pass left: the program, and its estimand as long as that is what is rewritten."""

    name: str
    program: Program
    estimand: Estimand | None = None  #: of which the program is the literal lowering; None after passes

    @property
    def cost(self) -> Cost:
        """The cost of the program at this stage."""
        return self.program.cost


@dataclass(frozen=True)
class Compilation:
    """A compiled query with everything that was decided on the way.

    `identification` is the user's query as posed, `posing` the equal one that was compiled, `estimand` its rewritten
    estimand, and `stages` the programs from the literal one of the query as posed to `program`.
    """

    identification: Identification
    posing: Posing
    estimand: Estimand
    program: Program
    stages: tuple[Stage, ...]
    considered: int  #: how many posings and orders of rewrites were compiled to choose from

    @property
    def literal(self) -> Program:
        """The literal program of the query as posed, which everything is measured against."""
        return self.stages[0].program


def compile(
    query: Query | Sequence[Query],
    graph: ADMG,
    *,
    optimize: bool | int = True,
    realize: Realization = "auto",
    joint: Iterable[Sequence[str]] = (),
) -> Program:
    """Compile a query, or several, into a program that trains models on data and samples the answers.

    `optimize` is a level: 0 (or False) the literal lowering of ID-GEN and IDC-GEN, with a model for every conditional
    of the identification and a regenerated data set for every law after an intervention; 1 the rewrites and passes;
    2 (or True) also a search among equal ways to pose the query for the cheapest program.

    `realize` says how a law after an intervention is realised: "regenerate" samples a new data set from models,
    "reweight" weighs the rows of the data set it came from. "auto" regenerates, and hands the reweighting program to
    the backend as `program.alternative`, which chooses by the effective sample size in the data.

    `joint` names groups of variables that are to be sampled by one model where they stand side by side and that is the
    same law, as images that share a hidden cause.

    Several queries make one program with a sampler for each, named by its query, over one set of models.

    Raises QueryError, GraphError, and NotIdentifiable with the hedge.
    """
    if isinstance(query, Query | str) or not isinstance(query, Iterable):  # a text is refused as a whole
        return explain(query, graph, optimize=optimize, realize=realize, joint=joint).program
    queries = list(query)
    for each in queries:
        check_question(each, graph)
    options = Options(_level(optimize), _realization(realize), _groups(joint, graph))
    if len(set(queries)) < len(queries):
        raise QueryError("a query is given twice; give each once")
    programs = [_explain(each, graph, options).program for each in queries]
    together = _together(programs, graph, options)
    if any(program.alternative for program in programs):
        others = _together([program.alternative or program for program in programs], graph, options)
        return replace(together, alternative=others)
    return together


def explain(
    query: Query,
    graph: ADMG,
    *,
    optimize: bool | int = True,
    realize: Realization = "auto",
    joint: Iterable[Sequence[str]] = (),
) -> Compilation:
    """Compile as `compile` does, and keep what was decided and every stage in between."""
    check_question(query, graph)
    return _explain(query, graph, Options(_level(optimize), _realization(realize), _groups(joint, graph)))


@dataclass(frozen=True)
class Options:
    """How to compile: the level, how laws after interventions are realised, and what is sampled jointly."""

    level: int
    realize: Realization = "auto"
    joint: tuple[tuple[str, ...], ...] = ()

    @property
    def passes(self) -> tuple[Pass, ...]:
        """The passes of the level, and those that were asked for."""
        fuse = (Fuse(self.joint), Renumber()) if self.joint else ()
        return (*passes.LEVELS[self.level], *fuse)


def _explain(query: Query, graph: ADMG, options: Options) -> Compilation:
    identification = identify(query, graph)
    best = min(_compiled(identification, Posing(query, graph), options), key=_rank)
    literal = best.stages[0]
    considered = len(rewrites.LEVELS[options.level])
    if options.level >= 2:
        best, considered = _search(query, best, considered, options)
    if best.posing.why:
        posed = replace(best.stages[0], name="Pose")
        best = replace(best, stages=(literal, posed, *best.stages[1:]))
    best = replace(best, identification=identification, considered=considered)
    if options.realize == "auto" and best.program.regenerations:
        # The same estimand with weights: what the data say about overlap decides between the two.
        kernel = best.estimand.kernel
        weighted = _program(identification, kernel, replace(options, realize="reweight"))
        if weighted.reweightings:
            best = replace(best, program=replace(best.program, alternative=weighted))
    return best


def _program(identification: Identification, kernel: Kernel, options: Options) -> Program:
    return passes.run(_lowered(identification, kernel, options), options.passes)


def _together(programs: Sequence[Program], graph: ADMG, options: Options) -> Program:
    """One program with all samplers: values renamed apart, then shared."""
    if not programs:
        raise QueryError("there is no query to compile; give at least one")
    operations: list[Operation] = []
    first = programs[0].observe
    observed = graph.sorted(v for program in programs for v in program.observe.variables)
    operations.append(replace(first, variables=observed, computes=f"P({', '.join(observed)})"))
    for k, program in enumerate(programs):
        names = {op.result: f"{op.result}q{k}" for op in program.operations if not isinstance(op, Sample | Observe)}
        names[program.observe.result] = first.result
        for op in program.operations:
            new = with_values(op, names)
            if isinstance(new, Sample):
                operations.append(replace(new, query=program.name, computes=""))
            elif not isinstance(new, Observe):
                operations.append(replace(new, result=names[new.result]))
    name = "; ".join(program.name for program in programs)
    joined = Program(name, tuple(operations))
    return passes.run(joined, (*passes.LEVELS[options.level], Renumber()))


def _realization(realize: str) -> Realization:
    if realize not in ("auto", "regenerate", "reweight"):
        raise QueryError(f"a law is not realised by {realize!r}; choose auto, regenerate or reweight")
    return cast(Realization, realize)


def _groups(joint: Iterable[Sequence[str]], graph: ADMG) -> tuple[tuple[str, ...], ...]:
    groups = tuple((group,) if isinstance(group, str) else tuple(group) for group in joint)
    for group in groups:
        if len(set(group)) < 2:
            raise QueryError(f"joint ({', '.join(group)}) is no group; name two or more variables")
        for name in group:
            if name not in graph:
                raise QueryError(f"joint: the graph has no {name!r}{near_misses(name, graph.order)}")
    return groups


def _level(optimize: bool | int) -> int:
    level = 2 if optimize is True else optimize
    if not isinstance(level, int) or int(level) not in passes.LEVELS:
        raise QueryError(f"there is no optimisation level {optimize!r}; choose 0, 1 or 2")
    return int(level)


def _rank(compilation: Compilation) -> tuple[int, ...]:
    return compilation.program.cost.rank


def _search(query: Query, best: Compilation, considered: int, options: Options) -> tuple[Compilation, int]:
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
            for found in _alternative(query, posing, options):
                considered += 1
                if _rank(found) < _rank(best):
                    best, improved = found, True
    return best, considered


def _ideal(cost: Cost) -> bool:
    return cost.regenerations == 0 and cost.models <= 1


def _alternative(query: Query, posing: Posing, options: Options) -> Iterator[Compilation]:
    try:
        identification = identify(posing.query, posing.graph, exchange=posing.exchange)
    except NotIdentifiable:  # an equal posing may hide what the algorithm needs
        return
    given = tuple(sorted((*query.treatments, *query.conditions)))
    estimand = replace(identification.estimand, given=given)
    yield from _compiled(replace(identification, query=query, estimand=estimand), posing, options)


def _compiled(identification: Identification, posing: Posing, options: Options) -> Iterator[Compilation]:
    """The program after each sequence of rewrites of the level."""
    literal = identification.estimand

    def stage(name: str, kernel: Kernel) -> Stage:
        return Stage(name, _lowered(identification, kernel, options), replace(literal, kernel=kernel))

    for sequence in rewrites.LEVELS[options.level]:
        stages = [stage("literal", literal.kernel)]

        def rewritten(name: str, kernel: Kernel, stages: list[Stage] = stages) -> None:
            stages.append(stage(name, kernel))

        def passed(name: str, _: Program, after: Program, stages: list[Stage] = stages) -> None:
            stages.append(Stage(name, after))

        kernel = rewrites.run(literal.kernel, sequence, rewritten)
        program = passes.run(stages[-1].program, options.passes, passed)
        yield Compilation(identification, posing, replace(literal, kernel=kernel), program, tuple(stages), 1)


def _lowered(identification: Identification, kernel: Kernel, options: Options) -> Program:
    query = identification.query
    estimand = replace(identification.estimand, kernel=kernel)
    inputs, reweight = (*query.treatments, *query.conditions), options.realize == "reweight"
    *operations, sample = lower(estimand, inputs, query.outcomes, reweight=reweight)
    return Program(str(query), (*operations, replace(sample, computes=str(query))))

"""Equal programs of a query: other levels, rewrites, ways to realize laws, and ways to pose it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

from idgen_compiler import ir
from idgen_compiler.compile.bindings import Functions, bindings, brought_to, with_functions
from idgen_compiler.compile.options import CompileOptions, Realization
from idgen_compiler.compile.posings import Posing, moves
from idgen_compiler.compile.search import SEARCHED_VERTICES, lowered
from idgen_compiler.compile.story import compile
from idgen_compiler.errors import NotIdentifiable, QueryError
from idgen_compiler.estimand.nodes import Kernel
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.hinge.question import query_of
from idgen_compiler.identify import Identification, identify
from idgen_compiler.ir.alternatives import Alternative, Alternatives
from idgen_compiler.ir.likeness.alike import alike_key
from idgen_compiler.ir.operations import Regenerate, Reweight
from idgen_compiler.passes import pipeline as passes
from idgen_compiler.program import Program
from idgen_compiler.query import Query, observed
from idgen_compiler.rewrites import pipeline as rewrites

__all__ = ["alternatives", "equal_programs"]

MOST_PROGRAMS = 32
"""So many equal programs are given, the first that are found."""

MOST_POSINGS = 40
"""So many other ways to pose a query are compiled."""

MOST_KERNELS = 32
"""So many estimands are lowered of each posing."""

MOST_MIXED = 8
"""So many ways to realize the laws of one program, some by weights and some not."""

_WAYS: tuple[Realization, ...] = ("regenerate", "reweight")
_LEVELS = (0, 1, 2)


def alternatives(
    query: Query,
    graph: ADMG,
    *,
    joint: Iterable[Sequence[str]] = (),
    latent: Iterable[str] = (),
    bound: Iterable[str] = (),
    functions: Functions | None = None,
    unobserved: Iterable[str] = (),
    fallbacks: Iterable[str] = (),
) -> Alternatives:
    """The program that `compile` gives, and others that are equal to it, each once.

    All have the same answer on every law of the graph. On a finite table their errors differ, and which one's is the
    least depends on the law. First come the levels, with laws regenerated and reweighted; then, where the query has at
    most `SEARCHED_VERTICES` ancestors, what any of the rewrites of level 2 leave, with the passes of each level and
    each law realized either way; then the same of other ways to pose the query, one step away: another set to adjust
    for, another order, a condition in the place of an intervention. At most `MOST_PROGRAMS` are given, from at most
    `MOST_POSINGS` other posings: bounds in numbers and not in seconds, so that the same are found everywhere.

    The arguments are those of `compile`, and so are the errors.

    >>> import idgen_compiler as idgen
    >>> graph = idgen.ADMG.parse("Z -> X -> Y; Z -> Y; W -> Y")
    >>> for each in alternatives(idgen.Query.parse("P(Y | do(X))"), graph):
    ...     print(each.form, [model.inputs for model in each.program.models])
    -O2, as compiled [('Z', 'X')]
    -O0 [(), (), ('Z', 'X', 'W')]
    literal, passes of -O2 [('Z', 'X', 'W')]
    Collapse, passes of -O0 [(), ('Z', 'X')]
    """
    brought: dict[str, Any] = {"bound": bound, "functions": functions, "unobserved": unobserved, "fallbacks": fallbacks}
    groups = tuple(joint)
    first = compile(query, graph, joint=groups, latent=latent, **brought)
    whole = observed([query], with_functions(graph, functions or {}), latent)
    return _each_once(Alternative("-O2, as compiled", first), _equal([query], whole, brought, groups))


def equal_programs(program: ir.Program) -> Alternatives:
    """A program, and others of its queries on its graph that are equal to it; see `alternatives`.

    The text is all that is known of a program: of variables that its graph has not, none of the others makes use.
    """
    queries = [query_of(program, op) for op in program.samplers]
    first = Program(program.name, program.graph, program.operations)
    return _each_once(Alternative("as it is", first), _equal(queries, program.graph, brought_to(program), ()))


def _each_once(first: Alternative, others: Iterable[Alternative]) -> Alternatives:
    found = {alike_key(first.program.operations): first}
    for each in others:
        if len(found) == MOST_PROGRAMS:
            break
        found.setdefault(alike_key(each.program.operations), each)
    return Alternatives(found.values())


def _equal(
    queries: Sequence[Query], graph: ADMG, brought: dict[str, Any], joint: tuple[Sequence[str], ...]
) -> Iterator[Alternative]:
    asked: Any = queries[0] if len(queries) == 1 else queries
    for level in (2, 0, 1):
        for way in _WAYS:
            program = compile(asked, graph, optimize=level, realize=way, joint=joint, **brought)
            yield Alternative(_form(f"-O{level}", program), program)
    if len(queries) > 1:
        return
    (query,) = queries
    bind = bindings(graph, **brought)
    identification = identify(query, graph)
    if len(graph.ancestral_mask(graph.mask_of(query.variables))) > SEARCHED_VERTICES:
        return
    options = [CompileOptions.checked(level, "auto", joint, graph, bind) for level in _LEVELS]
    yield from _rewritten(identification, options, "")
    if query.policies:  # equal ways to pose a query with policies are not searched
        return
    for posing in islice(moves(Posing(query, identification.graph)), MOST_POSINGS):
        if bind.names <= posing.graph.nodes:
            yield from _posed(query, posing, options)


def _posed(query: Query, posing: Posing, options: Sequence[CompileOptions]) -> Iterator[Alternative]:
    try:
        found = identify(posing.query, posing.graph, exchange=posing.exchange)
        estimand = replace(found.estimand, given=tuple(sorted(query.inputs)))
        yield from _rewritten(replace(found, query=query, estimand=estimand), options, str(posing))
    except (NotIdentifiable, QueryError):  # an equal posing may hide what the algorithm needs, or ask for more kernels
        return


def _rewritten(identification: Identification, options: Sequence[CompileOptions], why: str) -> Iterator[Alternative]:
    """What some of the rewrites leave, with the passes of each level, and each law realized either way."""
    for names, kernel in _kernels(options[0].bind.apply(identification.estimand.kernel)):
        literal = lowered(identification.query, identification.graph, kernel, (Regenerate, Reweight), options[0].bind)
        ways = [(law.result, [way.word for way in law.ways]) for law in literal.laws]
        for mixed in islice(product(*(words for _, words in ways)), MOST_MIXED):
            one = literal.realized({name: word for (name, _), word in zip(ways, mixed, strict=True)})
            for option in options:
                program = passes.run(one, option.passes)
                yield Alternative(_form(f"{names or 'literal'}, passes of -O{option.level}", program), program, why)


def _kernels(literal: Kernel) -> Iterator[tuple[str, Kernel]]:
    """The kernels that are left by some of the rewrites of level 2, in its order, each once; the fewest first."""
    found: dict[Kernel, tuple[str, ...]] = {literal: ()}
    for rewrite in rewrites.LEVELS[2][0]:
        for kernel, names in list(found.items()):
            found.setdefault(rewrite.apply(kernel), (*names, rewrite.name))
    for kernel, names in islice(sorted(found.items(), key=lambda each: len(each[1])), MOST_KERNELS):
        yield " ".join(names), kernel


def _form(name: str, program: Program) -> str:
    """The name, and how laws are realized where there are any."""
    cost = program.cost
    if not program.laws:
        return name
    done = [word for count, word in ((cost.regenerations, "regenerated"), (cost.reweightings, "reweighted")) if count]
    return f"{name}, {' and '.join(done)}"

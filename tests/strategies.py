"""Random graphs and identifiable queries, for every test by property.

Two sources: `random_cases(seed)`, a deterministic stream of chosen mixture for counted runs, and the hypothesis
strategies, whose cases shrink to few vertices and edges. Plain random graphs hardly ever need a conditional of an
intervened law, so both also grow graphs around the napkin, and the stream selects on traces through line 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from random import Random

from hypothesis import assume
from hypothesis import strategies as st

from idgen_compiler.compile import compile
from idgen_compiler.errors import NotIdentifiable, QueryError
from idgen_compiler.graph import ADMG
from idgen_compiler.identify import Identification, identify
from idgen_compiler.query import Query

__all__ = [
    "NAPKIN",
    "NESTED",
    "BoundCase",
    "Case",
    "admgs",
    "any_cases",
    "bound_cases",
    "cases",
    "napkin_ladder",
    "nested_cases",
    "queries",
    "random_admg",
    "random_cases",
    "random_query",
]

Edge = tuple[str, str]

NAPKIN = ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
"""The napkin graph (Pearl and Mackenzie 2018, figure 7.5): P(Y | do(X)) is a ratio, and line 7 finds it."""


NESTED = ADMG.parse("W1 -> W2 -> X -> Y; W3 -> W4 -> X; W1 <-> W3 <-> W2; X <-> W1 <-> Y")
"""A napkin in a napkin: of two nested laws the weights of the inner one rest on the rows of the other."""


@dataclass(frozen=True)
class Case:
    """A query on a graph; `kind` says how it was found."""

    graph: ADMG
    query: Query
    kind: str = ""

    @cached_property
    def identification(self) -> Identification:
        """Raises NotIdentifiable."""
        return identify(self.query, self.graph)

    @cached_property
    def identifiable(self) -> bool:
        try:
            return self.identification is not None
        except NotIdentifiable:
            return False

    @property
    def visits_line_7(self) -> bool:
        return 7 in self.identification.trace.lines

    def __str__(self) -> str:
        return f"{self.query} in {'; '.join(str(self.graph).splitlines())}"

    __repr__ = __str__


@dataclass(frozen=True)
class BoundCase(Case):
    """A query on a graph some of whose conditionals are brought, or functions, or of what no table holds."""

    bound: tuple[str, ...] = ()
    functions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unobserved: tuple[str, ...] = ()

    @property
    def brought(self) -> dict[str, object]:
        """As `compile` takes it."""
        return {"bound": self.bound, "functions": dict(self.functions), "unobserved": self.unobserved}

    def __str__(self) -> str:
        return f"{super().__str__()} with {self.brought}"

    __repr__ = __str__


# -- a stream by seed -------------------------------------------------------------------------------------------------


def random_cases(seed: int, vertices: tuple[int, int] = (3, 6)) -> Iterator[Case]:
    """Identifiable queries without end, each different: half plain, a quarter through line 7, a quarter napkins.

    `vertices` are the least and the most vertices; napkins have at least four.
    """
    seen: set[str] = set()
    random, turn = Random(seed), 0
    while True:
        kind = ("plain", "line 7", "plain", "napkin")[turn % 4]
        case = _random_case(random, kind, random.randint(*vertices))
        if str(case) in seen or not case.identifiable or (kind == "line 7" and not case.visits_line_7):
            continue
        seen.add(str(case))
        turn += 1
        yield case


def any_cases(seed: int, kind: str, vertices: tuple[int, int] = (3, 6)) -> Iterator[Case]:
    """Queries of one kind ("plain", "line 7" or "napkin") without end, identifiable or not, each different."""
    seen: set[str] = set()
    random = Random(seed)
    while True:
        case = _random_case(random, kind, random.randint(*vertices))
        if str(case) not in seen:
            seen.add(str(case))
            yield case


def _random_case(random: Random, kind: str, size: int) -> Case:
    if kind in ("napkin", "nested"):
        core = NAPKIN if kind == "napkin" else NESTED
        graph = _around(random, core, max(size, len(core)))
        # Half of the time the query for which the napkin is known, with whatever stands around it.
        return Case(graph, Query("Y", "X") if random.random() < 0.5 else random_query(random, graph), kind)
    if kind == "ladder":
        graph, query = napkin_ladder(random.randint(2, 4))
        return Case(_around(random, graph, len(graph) + random.randint(0, 1)), query, kind)
    # Dense causes with few hidden ones are where line 7 is least rare: in one to three of a hundred queries.
    dense = kind == "line 7"
    directed, bidirected = ((0.5, 0.8), (0.15, 0.4)) if dense else ((0.2, 0.7), (0.1, 0.5))
    graph = random_admg(random, size, random.uniform(*directed), random.uniform(*bidirected))
    return Case(graph, random_query(random, graph), kind)


def nested_cases(seed: int, vertices: tuple[int, int] = (7, 12)) -> Iterator[Case]:
    """Identifiable queries without end, each different, on napkins inside napkins, the first one with nothing around.

    `vertices` are the least and the most vertices; a third of the graphs are ladders of napkins.
    """
    yield Case(NESTED, Query("Y", "X"), "nested")
    seen: set[str] = set()
    random, turn = Random(seed), 0
    while True:
        kind = ("nested", "ladder", "nested")[turn % 3]
        case = _random_case(random, kind, random.randint(*vertices))
        fits = vertices[0] <= len(case.graph) <= vertices[1]
        if str(case) in seen or not fits or not case.identifiable or not case.visits_line_7:
            continue
        seen.add(str(case))
        turn += 1
        yield case


def bound_cases(seed: int, *, nested: bool = False) -> Iterator[BoundCase]:
    """Identifiable queries without end, each with something brought that the answer needs; `nested`, on nested napkins.

    Conditionals on the parents, at times on more of what comes before; a third are functions, half of no table. Those
    that no program can have, since something would have to be learned that no table holds, are left out.
    """
    random = Random(seed)
    for case in nested_cases(seed) if nested else random_cases(seed):
        found = _with_kernels(random, case)
        try:
            program = compile(found.query, found.graph, optimize=False, **found.brought)  # type: ignore[arg-type]
        except QueryError:
            continue
        if program.bindings:
            yield found


def _with_kernels(random: Random, case: Case) -> BoundCase:
    graph, order = case.graph, case.graph.order
    bound: list[str] = []
    functions: list[tuple[str, tuple[str, ...]]] = []
    unobserved = []
    for place, name in enumerate(order):
        if random.random() < 0.5:
            continue
        parents, hidden = graph.parents([name]), graph.siblings([name]) - {name}
        if parents and not hidden and random.random() < 1 / 3:
            functions.append((name, tuple(sorted(parents))))
        else:
            also = [other for other in order[:place] if other in hidden or random.random() < 0.2]
            given = sorted({*parents, *also})
            bound.append(f"{name} | {', '.join(given)}" if given else name)
        if random.random() < 0.5:
            unobserved.append(name)
    return BoundCase(graph, case.query, case.kind, tuple(bound), tuple(functions), tuple(unobserved))


def random_admg(random: Random, size: int, directed: float, bidirected: float) -> ADMG:
    """A graph on V1, V2, ..., each possible edge with the probability given."""
    names = [f"V{i}" for i in range(1, size + 1)]
    pairs = list(combinations(names, 2))
    return ADMG(
        [pair for pair in pairs if random.random() < directed],
        [pair for pair in pairs if random.random() < bidirected],
        names,
    )


def _around(random: Random, core: ADMG, size: int) -> ADMG:
    """A graph with further vertices before, among and after its own, and a few further edges."""
    order = list(core.order)
    prefix = "U" if "V1" in core else "V"
    for i in range(1, size - len(order) + 1):
        order.insert(random.randint(0, len(order)), f"{prefix}{i}")
    most, alone = (0.35, 0.15) if len(core) <= 4 else (0.12, 0.06)
    extra = random.uniform(0, most) if size > len(core) else alone
    more = [pair for pair in combinations(order, 2) if random.random() < extra]
    hidden = [pair for pair in combinations(order, 2) if random.random() < extra / 2]
    return _union(core, more, hidden, order)


def random_query(random: Random, graph: ADMG) -> Query:
    """One or two outcomes, one or two treatments, and in a third of the queries one or two conditions."""
    names = list(graph.order)
    random.shuffle(names)
    outcomes, treatments = random.choice((1, 1, 2)), random.choice((1, 1, 2))
    conditions = random.choice((0, 0, 0, 0, 1, 2))
    while outcomes + treatments + conditions > len(names):
        outcomes, conditions = max(outcomes - 1, 1), max(conditions - 1, 0)
        treatments = min(treatments, len(names) - outcomes)
    cut = outcomes + treatments
    return Query(names[:outcomes], names[outcomes:cut], names[cut : cut + conditions])


def napkin_ladder(rungs: int) -> tuple[ADMG, Query]:
    """A graph whose identification nests `rungs` line 7s.

    X -> Y, and on rung i: W_i -> V_i, V_i -> the vertex below, W_i <-> Y, W_i <-> the vertex two below.
    """
    directed, bidirected = [("X", "Y")], []
    for i in range(1, rungs + 1):
        directed += [(f"W{i}", f"V{i}"), (f"V{i}", "X" if i == 1 else f"W{i - 1}")]
        bidirected += [(f"W{i}", "Y"), (f"W{i}", "X" if i == 1 else f"V{i - 1}")]
    return ADMG(directed, bidirected), Query("Y", "X")


def _union(graph: ADMG, directed: Sequence[Edge], bidirected: Sequence[Edge], order: Sequence[str]) -> ADMG:
    """The graph with further edges along an order, those it has already left out."""
    known = {frozenset(edge) for edge in graph.bidirected}
    return ADMG(
        [*graph.directed, *(edge for edge in directed if edge not in graph.directed)],
        [*graph.bidirected, *(edge for edge in bidirected if frozenset(edge) not in known)],
        order,
    )


# -- hypothesis -------------------------------------------------------------------------------------------------------


@st.composite
def admgs(draw: st.DrawFn, least: int = 2, most: int = 5, core: ADMG | None = None) -> ADMG:
    """Graphs that shrink to few vertices and edges; with `core`, graphs that contain it."""
    order = list(core.order) if core is not None else []
    extra = draw(st.integers(max(least - len(order), 0), max(most - len(order), 0)))
    for i in range(1, extra + 1):
        order.insert(draw(st.integers(0, len(order))) if core is not None else len(order), f"V{i}")
    pairs = list(combinations(order, 2))
    edges = st.lists(st.sampled_from(pairs), unique=True, max_size=2 * len(order)) if pairs else st.just([])
    return _union(core if core is not None else ADMG(), draw(edges), draw(edges), order)


@st.composite
def queries(draw: st.DrawFn, graph: ADMG, conditional: bool = True) -> Query:
    """Queries on a graph: at least one outcome, up to two treatments and, if `conditional`, up to two conditions."""
    names = draw(st.permutations(list(graph.order)))
    outcomes = draw(st.integers(1, min(2, len(names))))
    treatments = draw(st.integers(0, min(2, len(names) - outcomes)))
    cut = outcomes + treatments
    conditions = draw(st.integers(0, min(2, len(names) - cut))) if conditional else 0
    return Query(names[:outcomes], names[outcomes:cut], names[cut : cut + conditions])


@st.composite
def cases(draw: st.DrawFn, most: int = 5, conditional: bool = True) -> Case:
    """Identifiable queries, a third of them on graphs that contain the napkin."""
    core = NAPKIN if most >= 4 and draw(st.sampled_from((False, False, True))) else None
    graph = draw(admgs(most=most, core=core))
    if core is not None and draw(st.booleans()):
        case = Case(graph, Query("Y", "X"), "napkin")
    else:
        case = Case(graph, draw(queries(graph, conditional)), "napkin" if core is not None else "plain")
    assume(case.identifiable)
    return case

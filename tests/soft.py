"""Random queries with policies, each with its truth: models in which the treatments' mechanisms are replaced.

The cases are those of `strategies` with policies for most of their treatments: named laws given what the treatment does
not affect (outcomes, conditions, other treatments and hidden variables among it), laws that read the natural value,
and uniform ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import idgen_compiler as idgen
from idgen_compiler.compile import explain
from idgen_compiler.denote import denote
from idgen_compiler.errors import NotIdentifiable, QueryError
from idgen_compiler.forms.policy import UNIFORM, PolicyForm
from idgen_compiler.verify import CausalModel
from idgen_compiler.verify.policies import RandomPolicies
from tests.strategies import Case, any_cases, nested_cases, random_cases

__all__ = ["ANSWERS", "compared", "soft_cases", "soft_kinds"]

WAYS = ("regenerate", "reweight", "weigh")
LEVELS = (0, 1, 2)

ANSWERS = (
    "estimand",
    *(f"-O{level} estimand" for level in LEVELS),
    *(f"-O{level} {way}" for level in LEVELS for way in WAYS),
    "read from text",
    "read back",
)


def soft_cases(seed: int) -> Iterator[Case]:
    """Identifiable queries with policies without end, each different.

    In turn on plain graphs, through line 7, around the napkin (twice, once conditional) and, every eighth, on napkins
    inside napkins.
    """
    random, seen, turn = Random(f"soft {seed}"), set[str](), 0
    sources = {
        "mixed": random_cases(seed),
        "plain": any_cases(seed, "plain"),
        "napkin": any_cases(seed, "napkin"),
        "nested": nested_cases(seed, (7, 8)),
    }
    while True:
        kind = "nested" if turn % 8 == 7 else ("mixed", "plain", "napkin")[turn % 3]
        case = next(sources[kind])
        if kind == "napkin" and turn % 2 and not case.query.conditions:
            continue
        query = softened(random, case)
        soft = Case(case.graph, query, case.kind)
        if not query.policies or str(soft) in seen or not is_identified(soft):
            continue
        seen.add(str(soft))
        turn += 1
        yield soft


def is_identified(case: Case) -> bool:
    """Whether the query has an answer: it is identifiable, and no policy reads what its treatment affects."""
    try:
        return idgen.identify(case.query, case.graph) is not None
    except (NotIdentifiable, QueryError):
        return False


def softened(random: Random, case: Case) -> idgen.Query:
    """The query with policies for its treatments, a second one sometimes left to be set."""
    graph, query, policies = case.graph, case.query, dict[str, PolicyForm]()
    for x in query.treatments:
        if len(query.treatments) > 1 and random.random() < 0.2:
            continue
        if random.random() < 0.07:
            policies[x] = PolicyForm(UNIFORM)
            continue
        free = [w for w in graph.order if w not in graph.descendants([x]) and w not in query.treatments]
        reads = random.sample(free, min(len(free), random.choice((0, 1, 1, 2))))
        reads += [t for t in query.treatments if t != x and random.random() < 0.3]
        if random.random() < 0.35:
            reads.insert(random.randint(0, len(reads)), x)
        policies[x] = PolicyForm(f"pi{len(policies)}", tuple(reads))
    return idgen.Query(query.outcomes, query.treatments, query.conditions, policies=policies)


def compared(case: Case, seed: int) -> dict[str, bool]:
    """Which of our answers equal the truth in one random model with random policies."""
    query, graph = case.query, case.graph
    model = CausalModel.random(graph, seed)
    policies = RandomPolicies.of(query, model.sizes, (seed, 1))
    joint, truth = model.observational(), model.truth(query, policies.tables)

    def ran(program: idgen.Program) -> bool:
        sampler = program.fit(joint, backend="exact", policies=policies.named(program))
        return bool(sampler.kernel(do=policies.laws()) == truth)  # type: ignore[attr-defined]

    found = {"estimand": idgen.identify(query, graph).estimand.evaluate(joint, policies.tables) == truth}
    for level in LEVELS:
        compiled = explain(query, graph, optimize=level)
        found[f"-O{level} estimand"] = compiled.estimand.evaluate(joint, policies.tables) == truth
        for way in WAYS:
            found[f"-O{level} {way}"] = ran(idgen.compile(query, graph, optimize=level, realize=way))
    program = compiled.program
    again = idgen.Program.parse(str(program))
    found["read from text"] = again == program == idgen.Program.from_json(program.to_json()) and ran(again)
    (meant,) = denote(program).values()
    found["read back"] = meant.evaluate(joint, policies.tables) == truth
    return found


def soft_kinds(case: Case) -> Iterator[str]:
    """The lines of a table that a case counts in."""
    yield "all"
    trace = idgen.identify(case.query, case.graph).trace
    policies = dict(case.query.policies)
    if 7 in trace.lines:
        yield "through line 7"
    if case.kind == "napkin":
        yield "grown around the napkin"
    if case.kind in ("nested", "ladder"):
        yield "napkins inside napkins"
    if case.query.conditions:
        yield "conditional"
    if any(op.law.graph for op in idgen.compile(case.query, case.graph, optimize=0).laws):
        yield "conditional on what a policy affects"
    if any(policy.reads_natural(x) for x, policy in policies.items()):
        yield "natural values"
    if any(set(policy.inputs) - {x} for x, policy in policies.items()):
        yield "policies that read"
    if len(policies) > 1:
        yield "several policies"

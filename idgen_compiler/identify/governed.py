"""Identification of queries with policies, by the kernels of hard interventions.

Under a policy the law of the ancestors factorizes into the districts that the treatments leave, which are those of the
hard intervention, times the policies (Tian 2008; Correa and Bareinboim 2020, theorem 1). So P(y | do(x ~ pi(x | w)))
is the sum of P(y, w | do(x)) pi(x | w), identified where that kernel is. A policy that reads the natural value of its
treatment keeps the treatment's own mechanism, too: its vertex is random in its district, and set for its children
elsewhere, which is a kernel of P(V) as long as no child shares that district (Shpitser and Tchetgen Tchetgen 2016;
Malinsky, Shpitser and Richardson 2019). Where a condition depends on a policy, the law under the policy is kept as
one node, to be conditioned like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.estimand.construction import free, marginal, product
from idgen_compiler.estimand.nodes import Conditional, Kernel, Observed, Renamed
from idgen_compiler.estimand.policies import Governed, Policy
from idgen_compiler.graph.separation import m_separated
from idgen_compiler.identify.algorithm import solve
from idgen_compiler.identify.trace import Problem, Step
from idgen_compiler.identify.worlds import World, natural
from idgen_compiler.query import Query

__all__ = ["solve_governed"]


def solve_governed(query: Query, world: World, *, exchange: bool = True) -> Step:
    """The trace of a query with policies, its root with the kernel; `exchange` as for `solve`.

    Raises NotIdentifiable with the hedge.
    """
    y, z = query.outcomes, tuple(query.conditions)
    steps: list[Step] = []
    while exchange and (found := _exchangeable(world, y, z)) is not None:
        step = Step(_problem(world, y, z), "IDC", world.graph.mask_of([found]))
        world, z = world.setting(found), tuple(c for c in z if c != found)
        steps.append(step)
    steps.append(_Governed(world, y, z, exchange).solved())
    for outer, inner in pairwise(steps):
        outer.steps.append(inner)
    for step in steps:
        step.kernel = steps[-1].kernel
    return steps[0]


def _exchangeable(world: World, y: Iterable[str], z: tuple[str, ...]) -> str | None:
    """A condition that may as well be set: rule 2 of the do-calculus in the graph of the policies' world."""
    for name in z:
        cut = world.drawn.mutilated(out_of=[name])
        if m_separated(cut, y, [name], world.hard.union(z) - {name}):
            return name
    return None


def _problem(world: World, y: Iterable[str], z: Iterable[str]) -> Problem:
    graph = world.graph
    x = graph.mask_of((*world.hard, *world.soft))
    return Problem(graph.mask_of(y), x, Observed(graph), graph, graph.mask_of(z))


class _Governed:
    """P(y | do(...), z) in a world with policies, none of whose conditions can be set instead."""

    def __init__(self, world: World, y: tuple[str, ...], z: tuple[str, ...], exchange: bool) -> None:
        self.world, self.y, self.z, self.exchange = world, y, z, exchange
        self.graph = world.graph
        self.above = world.drawn.ancestors((*y, *z))
        self.drawn = {x: policy for x, policy in world.soft.items() if x in self.above}
        self.naturals = [x for x in self.drawn if x in world.naturals]
        self.policies = [
            Policy(p.name, (x,), tuple(natural(w) if w == x else w for w in p.inputs), p.by)
            for x, p in self.drawn.items()
        ]
        self.step = Step(_problem(world, y, z), "policy", self.graph.mask_of(self.drawn))

    def solved(self) -> Step:
        after = self.world.drawn.descendants(self.drawn) if self.drawn else frozenset()
        if self.naturals or not after.isdisjoint(self.z):
            self.step.kernel = self.by_districts()
        else:
            self.step.kernel = self.by_setting()
        return self.step

    def by_setting(self) -> Kernel:
        """The kernel of the hard intervention, whose outcomes are joined by what policies read, times the policies.

        No condition depends on a policy, so that it is one of the kernel's as well.
        """
        treated = {*self.world.hard, *self.drawn}
        read = {w for policy in self.drawn.values() for w in policy.inputs} - treated - set(self.z)
        graph = self.graph
        y, x, z = (graph.mask_of(names) for names in (read.union(self.y), treated, self.z))
        found = solve(Problem(y, x, Observed(graph), graph, z), exchange=self.exchange)
        self.step.steps.append(found)
        hidden = graph.sorted(read.difference(self.y).union(self.drawn))
        return marginal(product([self.in_order(found.kernel), *self.policies]), hidden)

    def in_order(self, kernel: Kernel) -> Kernel:
        """The kernel by the chain rule, each target given only those drawn treatments that come before it.

        What comes before a treatment does not depend on it, and neither do the conditions; but what policies read has
        to be there before they draw.
        """
        if not isinstance(kernel, Conditional):
            return kernel
        place = {name: k for k, name in enumerate(self.graph.order)}
        factors: list[Kernel] = []
        for k, t in enumerate(kernel.to):
            given = [g for g in kernel.given if g not in self.drawn or place[g] < place[t]]
            factors.append(Conditional(kernel.of, (t,), (*given, *kernel.to[:k])))
        return product(factors)

    def by_districts(self) -> Kernel:
        """The factors of all districts, times the policies, summed or conditioned."""
        body = product([*self.factors(), *self.policies])
        if not self.z:
            keep = set(self.y)
            return marginal(body, [t for t in body.targets if t not in keep])
        body = marginal(body, map(natural, self.naturals))
        split = self.world.drawn.subgraph(self.above)
        over = split.project([self.world.naturals[x] for x in self.naturals])
        over = over.intervened(self.world.hard & self.above)
        law = Governed(over, body)
        return Conditional(law, over.sorted(self.y), over.sorted({*self.z, *over.fixed}))

    def factors(self) -> Iterable[Kernel]:
        """P(d | do(everything else)) for each district that the treatments leave."""
        graph, treated = self.graph, {*self.world.hard, *self.world.soft}
        known = self.above & graph.nodes
        random = graph.mask_of((known - treated).union(self.naturals))
        for district in graph.restricted(random).districts_mask():
            self.refuse_recanting(district)
            found = solve(Problem(district, graph.mask & ~district, Observed(graph), graph))
            self.step.steps.append(found)
            kernel = free(found.kernel, [n for n in found.kernel.inputs if n not in known])
            own = set(graph.names(district))
            names = tuple((x, natural(x)) for x in self.naturals if x in own)
            yield Renamed(kernel, names) if names else kernel

    def refuse_recanting(self, district: int) -> None:
        """A child in the district of its natural parent would need two values of the parent at once.

        Without the parent, the child's district in it and the parent make a hedge (Shpitser and Tchetgen Tchetgen
        2016 call the district recanting).
        """
        graph = self.graph
        for x in self.naturals:
            bit = graph.mask_of([x])
            if not bit & district:
                continue
            for child in graph.names(district & graph.mask_of(graph.children([x]))):
                rest = graph.restricted(district & ~bit)
                inner = rest.district_of(child)
                why = f"hidden causes join {child} and the natural {x}, a cause of it that is set otherwise"
                raise NotIdentifiable(str(self.step.problem), (inner | {x}, inner), f"{self.step.describe()}: {why}")

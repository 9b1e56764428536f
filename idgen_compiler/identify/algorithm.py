"""ID and IDC, line by line.

Source: Shpitser and Pearl (2006), figures 3 and 4, as algorithms 6 and 7 of ID-GEN (Rahman, Jordan and Kocaoglu 2024).
The letters are the paper's: y and x are bitsets over the vertices of G, P is the law that the recursion carries.

Each call is a coroutine that yields the problems it wants solved and is resumed with their kernels, so the code reads
as the recursion of the paper while the calls lie on a list, out of reach of Python's stack limit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from idgen_compiler.errors import NotIdentifiable
from idgen_compiler.estimand.construction import free, marginal, product
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Product
from idgen_compiler.graph.bits import lowest
from idgen_compiler.graph.separation import open_mask
from idgen_compiler.identify.trace import Problem, Step

__all__ = ["solve"]

Call = Generator[tuple["Algorithm", Problem], Kernel, Kernel]
Algorithm = Callable[[Step], Call]


def solve(problem: Problem, *, exchange: bool = True) -> Step:
    """Run ID, or IDC when the problem has conditions; the answer is the trace's root, its kernel the estimand.

    Without `exchange` the conditions stay conditions, as in the last lines of IDC: sound, not complete.

    Raises NotIdentifiable with the hedge.
    """
    root = Step(problem)
    conditional = identify_conditional if exchange else condition
    calls = [(root, (conditional if problem.z else identify)(root))]
    answer: Kernel | None = None
    while calls:
        step, call = calls[-1]
        try:
            algorithm, wanted = call.send(answer) if answer is not None else next(call)
        except StopIteration as done:
            step.kernel = answer = done.value
            calls.pop()
        else:
            child = Step(wanted)
            step.steps.append(child)
            calls.append((child, algorithm(child)))
            answer = None
    return root


def identify(step: Step) -> Call:
    """ID(y, x, P, G): algorithm 6."""
    y, x, P, G = step.problem.y, step.problem.x, step.problem.law, step.problem.graph
    V = G.mask

    # Line 1: without an intervention the effect is a marginal of P.
    if not x:
        step.line = 1
        return marginal(chain(step.problem, V), G.names(V & ~y))

    # Line 2: non-ancestors of y do not matter.
    ancestors = G.ancestors_mask(y)
    if V & ~ancestors:
        step.line, step.moved = 2, V & ~ancestors
        return (yield identify, step.problem.smaller(y, x & ancestors, P, G.ancestral_mask(y)))

    # Line 3: W = (V \ X) \ An(Y) in G without the edges into X; intervening on W changes nothing, at any value.
    W = V & ~x & ~G.mutilated_mask(into=x).ancestors_mask(y)
    if W:
        step.line, step.moved = 3, W
        kernel = yield identify, step.problem.smaller(y, x | W, P, G)
        return free(kernel, G.names(W))

    # Line 4: the districts S_1, ..., S_k of G \ X factorize the effect.
    districts = G.restricted(~x).districts_mask()
    if len(districts) > 1:
        step.line, step.moved = 4, V & ~x
        factors = []
        for S_i in districts:
            factors.append((yield identify, step.problem.smaller(S_i, V & ~S_i, P, G)))
        return marginal(product(factors), G.names(V & ~(y | x)))

    (S,) = districts
    S_outer = G.district_mask(lowest(S))

    # Line 5: C(G) = {G}: the whole graph and S form a hedge.
    if S_outer == V:
        step.line, step.moved = 5, V
        hedge = frozenset(G.names(V)), frozenset(G.names(S))
        raise NotIdentifiable(str(step.problem), hedge, step.describe())

    # Line 6: S is a district of G: intervening on X is conditioning on it.
    if S_outer == S:
        step.line = 6
        return marginal(chain(step.problem, S), G.names(S & ~y))

    # Line 7: S lies strictly inside a district S' of G: fix X \ S' and go on with x & S' in the law of S'.
    X_Z = x & ~S_outer
    step.line, step.moved = 7, X_Z
    P_outer = Intervened(P, G.names(X_Z), tuple(step.problem.factors(P, G, S_outer)))
    return (yield identify, step.problem.smaller(y, x & S_outer, P_outer, G.restricted(S_outer)))


def identify_conditional(step: Step) -> Call:
    """IDC(y, x, z, P, G): algorithm 7."""
    y, x, z, P, G = step.problem.y, step.problem.x, step.problem.z, step.problem.law, step.problem.graph

    # Line 1: a condition that rule 2 of the do-calculus lets us intervene on instead moves into do(...). Whether a
    # condition was set or arose by itself must not be seen at y: one reachability shows for all of them where it would.
    alpha = z & ~open_mask(G.mutilated_mask(into=x), y, x | z)
    if alpha:
        alpha &= -alpha  # the first in the order
        step.line, step.moved = "IDC", alpha
        rest = step.problem.smaller(y, x | alpha, P, G, z & ~alpha)
        return (yield identify_conditional if rest.z else identify, rest)

    return (yield from condition(step))


def condition(step: Step) -> Call:
    """Lines 5-7 of IDC: the ratio for the conditions that are left."""
    y, x, z, P, G = step.problem.y, step.problem.x, step.problem.z, step.problem.law, step.problem.graph

    # Lines 5-7: P' = P(y, z | do(x)) and the ratio P' / sum_y P'. P' is kept as the law of all ancestors of y and z,
    # which ID identifies from the same factors, so that its graph is known; the conditional sums out the others.
    step.line, step.moved = "ratio", z
    D = G.mutilated_mask(into=x).ancestors_mask(y | z) & ~x
    joint = yield identify, Problem(D, x, P, G)
    P_x = Intervened(P, G.sorted(joint.inputs), joint.factors if isinstance(joint, Product) else (joint,))
    return Conditional(P_x, G.names(y), G.names(z | P_x.graph.fixed_mask))


def chain(problem: Problem, vertices: int) -> Kernel:
    """The product over the vertices of P(v_i | predecessors), the chain rule in the one topological order."""
    return product(problem.factors(problem.law, problem.graph, vertices))

"""Kernel -> formula: names instead of nesting, and sub-laws written out or given a name of their own.

Nested laws are shared nodes; written out, each would be repeated in the numerator and the denominator of every
conditional above it, twice as much with each further line 7. So a kernel is written out only while it stays small, and
otherwise each law gets a name and is written once: the writing is then linear in the size of the nodes.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from idgen_compiler.estimand.formula import Definition, Formula, Probability, Ratio, Written, sum_over, times
from idgen_compiler.estimand.nodes import (
    Conditional,
    EstimandError,
    Free,
    Intervened,
    Kernel,
    Law,
    Marginal,
    Names,
    Observed,
    Product,
    Renamed,
)
from idgen_compiler.estimand.policies import Governed, Policy
from idgen_compiler.estimand.tree import fold, walk

__all__ = ["MOST_PROBABILITIES", "FreeVariables", "write_named", "write_out", "written_size"]

FreeVariables = Literal["keep", "average"]
"""What becomes of variables whose value does not matter: they stay in the formula, or are summed with their P."""

MOST_PROBABILITIES = 2000
"""Computer algebra becomes slow on expressions of more than this many probabilities."""

Call: TypeAlias = "Generator[Call, Formula, Formula]"
Renaming = Mapping[str, str]  # a kernel's name for a variable -> the variable in the formula
Scope = frozenset[str]  # the variables that already mean something

_COUNTLESS = 10**9


def written_size(kernel: Kernel) -> int:
    """How many probabilities the kernel has when nothing is named, an upper bound; cut off at 10^9."""
    targets: dict[Kernel, frozenset[str]] = {}

    def visit(node: Kernel, sizes: Mapping[Kernel, int]) -> int:
        if isinstance(node, Conditional) and not isinstance(node.of, Observed):
            if node.of not in targets:
                targets[node.of] = frozenset(node.of.targets)
            times_written = 1 if targets[node.of].isdisjoint(node.given) else 2
            return min(_COUNTLESS, times_written * sizes[node.of])
        if isinstance(node, (Conditional, Observed, Policy)):
            return 1
        return min(_COUNTLESS, sum(sizes[part] for part in node.made_of))

    return fold(kernel, visit)


def write_out(kernel: Kernel, *, limit: int, reserved: Iterable[str] = (), free: FreeVariables = "keep") -> Written:
    """The kernel as one formula without named sub-laws.

    `reserved` are names that mean something where the formula will stand, so that no bound variable takes them.
    Raises EstimandError when it would hold more than `limit` probabilities.
    """
    size = written_size(kernel)
    if size > limit:
        count = f"{size:,}" if size < _COUNTLESS else f"more than {_COUNTLESS:,}"
        raise EstimandError(
            f"written out, this estimand holds {count} probabilities, over the limit of {limit:,}; "
            "use a notation that names sub-laws (text, LaTeX), or raise the limit"
        )
    return _Writer(frozenset(), free).write(kernel, reserved)


def write_named(
    kernel: Kernel, *, limit: int = 0, reserved: Iterable[str] = (), free: FreeVariables = "keep"
) -> Written:
    """The kernel with its sub-laws named, or written out while that takes at most `limit` probabilities.

    Named are the kernels under conditionals, and any other compound kernel that is used twice.
    """
    if written_size(kernel) <= limit:
        return write_out(kernel, limit=limit, reserved=reserved, free=free)
    uses = Counter(p for node in walk(kernel) if not isinstance(node, Conditional) for p in node.made_of)
    shared = (k for k, n in uses.items() if n > 1 and not isinstance(k, (Conditional, Observed)))
    laws = (n.of for n in walk(kernel) if isinstance(n, Conditional) and not isinstance(n.of, Observed))
    return _Writer(frozenset((*laws, *shared)), free).write(kernel, reserved)


def _run(call: Call) -> Formula:
    """The result of a coroutine that yields the coroutines it depends on; nesting lies on a list, not on the stack."""
    calls = [call]
    answer: Formula | None = None
    while calls:
        try:
            wanted = next(calls[-1]) if answer is None else calls[-1].send(answer)
        except StopIteration as done:
            answer = done.value
            calls.pop()
        else:
            calls.append(wanted)
            answer = None
    if answer is None:
        raise EstimandError("a kernel came out without a formula")
    return answer


class _Writer:
    """One writing: which kernels are named, and the numbers of those met so far."""

    def __init__(self, named: frozenset[Kernel], free: FreeVariables) -> None:
        self.named = named
        self.free = free
        self.numbers: dict[Kernel, int] = {}
        self.pending: deque[Kernel] = deque()
        self.any_value: dict[str, str] = {}  # free variables of the definition being written
        self.root: Kernel | None = None

    def write(self, kernel: Kernel, reserved: Iterable[str]) -> Written:
        main = self.definition(kernel, 0, frozenset(reserved))
        laws = []
        while self.pending:
            law = self.pending.popleft()
            laws.append(self.definition(law, self.numbers[law], frozenset()))
        return Written(main, tuple(laws))

    def definition(self, kernel: Kernel, number: int, reserved: Scope) -> Definition:
        targets, inputs = kernel.targets, kernel.inputs
        names = {name: name for name in (*targets, *inputs)}
        scope = reserved.union(names)
        self.root, self.any_value = kernel, {}
        if self.free == "keep":
            # Chosen first, so that one value is meant by one name in the whole definition.
            self.any_value = _fresh(dict.fromkeys(self.free_names(kernel)), scope)
            scope = scope.union(self.any_value.values())
        body = _run(self.formula(kernel, names, scope))
        free = tuple(v for v in self.any_value.values() if v in body.mentions) if self.any_value else ()
        return Definition(number, targets, inputs, body, free, fixed=isinstance(kernel, Law))

    def free_names(self, root: Kernel) -> Iterator[str]:
        """Every variable that is free in the part of the kernel that the definition of `root` writes out."""
        stack, seen = [root], set()
        while stack:
            node = stack.pop()
            if node in seen or (node is not root and node in self.named):
                continue
            seen.add(node)
            if isinstance(node, Free):
                yield from node.over
            if isinstance(node, Conditional):
                if isinstance(node.of, Observed) or node.of in self.named:
                    continue
                yield from _left_out(node)
            stack.extend(reversed(node.made_of))

    # -- one case a kind of node ------------------------------------------------------------------------------------

    def formula(self, node: Kernel, names: Renaming, scope: Scope) -> Call:
        atom = self.atom(node, names)
        if atom is not None:
            return atom
        match node:
            case Conditional():
                return (yield self.conditional(node, names, scope))
            case Product() | Intervened():
                return (yield self.product(node.factors, names, scope))
            case Marginal():
                bound = _fresh(node.over, scope)
                body = yield self.formula(node.body, {**names, **bound}, scope.union(bound.values()))
                return sum_over(tuple(bound.values()), body)
            case Free():
                value = self.values_of(node.over, scope)
                body = yield self.formula(node.body, {**names, **value}, scope.union(value.values()))
                return self.averaged(value, body)
            case Renamed():
                new = dict(node.names)
                inside = {name: names[new.get(name, name)] for name in (*node.body.targets, *node.body.inputs)}
                return (yield self.formula(node.body, inside, scope))
            case Governed():
                return (yield self.formula(node.body, names, scope))
        raise TypeError(f"no formula for {type(node).__name__}")

    def atom(self, node: Kernel, names: Renaming) -> Probability | None:
        """The node as a single probability, where it is one."""
        law, policy = 0, ""
        if isinstance(node, Policy):
            policy = node.word
        elif isinstance(node, Conditional):
            if node.of in self.named:
                law = self.number_of(node.of)
            elif not isinstance(node.of, Observed):
                return None
        elif node in self.named and node is not self.root:
            law = self.number_of(node)
        elif not isinstance(node, Observed):
            return None
        given = tuple([names[i] for i in node.inputs])
        return Probability(tuple([names[t] for t in node.targets]), given, law, policy)

    def number_of(self, law: Kernel) -> int:
        number = self.numbers.get(law)
        if number is None:
            number = self.numbers[law] = len(self.numbers) + 1
            self.pending.append(law)
        return number

    def product(self, factors: Sequence[Kernel], names: Renaming, scope: Scope) -> Call:
        written = []
        for factor in _topological(factors):
            atom = self.atom(factor, names)  # spares most factors a coroutine of their own
            written.append(atom if atom is not None else (yield self.formula(factor, names, scope)))
        return times(written)

    def conditional(self, node: Conditional, names: Renaming, scope: Scope) -> Call:
        """q(to, given) / q(given), each a sum; a single sum when nothing random is given."""
        value = self.values_of(_left_out(node), scope)
        inside = {**{name: names[name] for name in (*node.to, *node.given)}, **value}
        scope = scope.union(value.values())
        random = frozenset(node.of.targets)
        given = random.intersection(node.given)
        above = yield self.marginal(node.of, given.union(node.to), inside, scope)
        if not given:
            return self.averaged(value, above)
        below = yield self.marginal(node.of, given, inside, scope)
        return self.averaged(value, Ratio(above, below))

    def marginal(self, kernel: Kernel, keep: Scope, names: Renaming, scope: Scope) -> Call:
        """The kernel summed over every target that is not kept; factors that sum to one are left out."""
        over = [t for t in kernel.targets if t not in keep]
        while isinstance(kernel, Marginal):
            over += kernel.over
            kernel = kernel.body
        factors, over = _without_ones(list(_factors(kernel)), over)
        bound = _fresh(over, scope)
        body = yield self.product(factors, {**names, **bound}, scope.union(bound.values()))
        return sum_over(tuple(bound.values()), body)

    # -- variables whose value does not matter --------------------------------------------------------------------

    def values_of(self, free: Iterable[str], scope: Scope) -> dict[str, str]:
        """The variables of the formula that stand for free ones."""
        return {n: self.any_value[n] for n in free} if self.free == "keep" else _fresh(free, scope)

    def averaged(self, value: Renaming, body: Formula) -> Formula:
        """With `average`: the body weighted by the observed law of its free variables."""
        over = tuple(v for v in value.values() if v in body.mentions) if self.free == "average" and value else ()
        return sum_over(over, times([Probability(over, ()), body])) if over else body


def _fresh(names: Iterable[str], scope: Scope) -> dict[str, str]:
    """A variable for each name: the name itself, with more primes where the scope has it."""
    out = {}
    for name in names:
        variable = name
        while variable in scope:
            variable += "'"
        out[name] = variable
    return out


def _left_out(node: Conditional) -> Names:
    """Inputs of the kernel under a conditional that are not given: they do not matter."""
    given = frozenset(node.given)
    return tuple(i for i in node.of.inputs if i not in given)


def _factors(kernel: Kernel) -> Iterator[Kernel]:
    """The factors of a product, those of products inside it included."""
    stack = [kernel]
    while stack:
        node = stack.pop()
        if isinstance(node, (Product, Intervened)):
            stack.extend(reversed(node.factors))
        elif isinstance(node, Governed):
            stack.append(node.body)
        else:
            yield node


def _topological(factors: Sequence[Kernel]) -> list[Kernel]:
    """The factors in the order given, but after those they depend on; a circle is cut where it is entered."""
    maker = {target: k for k, factor in enumerate(factors) for target in factor.targets}
    order: list[Kernel] = []
    seen: set[int] = set()
    for first in range(len(factors)):
        stack = [] if first in seen else [(first, False)]
        while stack:
            k, ready = stack.pop()
            if ready:
                order.append(factors[k])
            elif k not in seen:
                seen.add(k)
                stack.append((k, True))
                needed = (maker[i] for i in reversed(factors[k].inputs) if i in maker)
                stack.extend((j, False) for j in needed if j not in seen)
    return order


def _without_ones(factors: list[Kernel], over: list[str]) -> tuple[list[Kernel], list[str]]:
    """Drop targets that are summed out and used nowhere else, and factors left without targets: they sum to one."""
    summed = set(over)
    uses = Counter(i for factor in factors for i in factor.inputs)
    kept: list[Kernel] = []
    for factor in reversed(_topological(factors)):
        idle = [t for t in factor.targets if t in summed and not uses[t]]
        rest = tuple(t for t in factor.targets if t not in idle)
        if not rest:
            uses.subtract(factor.inputs)
        elif idle and isinstance(factor, (Conditional, Observed)):
            law, given = (factor.of, factor.given) if isinstance(factor, Conditional) else (factor, ())
            kept.append(Conditional(law, rest, given))
        else:
            kept.append(factor)
            continue
        summed.difference_update(idle)
    return kept[::-1], [t for t in over if t in summed]

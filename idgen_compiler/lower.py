"""Lowering: from an estimand to the program that samples it, literally as ID-GEN does.

- every conditional becomes a model trained on samples of its law (algorithm 2, ConditionalGMs);
- a law after line 7, and the joint law under a conditional query, becomes a regenerated data set (algorithm 4, Update,
  and algorithm 5, IDC-GEN), its fixed variables drawn from their observed marginals;
- products and sums become one network: factors are wired by the variables that they share, and what is summed out
  becomes an instance of its own, so that factors that need each other still run in one order (algorithm 3,
  MergeNetwork, and example C.1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from idgen_compiler.errors import ProgramError
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.nodes import (
    Conditional,
    Free,
    Intervened,
    Kernel,
    Marginal,
    Observed,
    Product,
    Renamed,
    walk,
)
from idgen_compiler.ir.operations import (
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Sample,
    Statement,
    Train,
)

__all__ = ["lower"]

OBSERVED = "%obs"


def lower(estimand: Estimand, inputs: Sequence[str], outputs: Sequence[str]) -> tuple[Operation, ...]:
    """The operations that sample `outputs` given `inputs`, the query's variables in the order to show them.

    Every occurrence of a conditional trains its own model and every law is regenerated once; sharing is a pass.
    """
    lowering = _Lowering()
    nodes = list(walk(estimand.kernel))
    data = {node.of for node in nodes if isinstance(node, Conditional)}
    for node in nodes:
        if isinstance(node, Observed):
            lowering.data[node] = OBSERVED
        elif node in data:
            lowering.regenerate(node)
    network = lowering.network(estimand.kernel, tuple(inputs), tuple(outputs))
    sample = Sample(network, computes=estimand.kernel)
    law = next(node for node in nodes if isinstance(node, Observed))
    used = lowering.observed.union(inputs)
    observe = Observe(OBSERVED, tuple(n for n in law.targets if n in used), law)
    return (observe, *lowering.operations, sample)


class _Lowering:
    """The operations so far, and which data set samples which law."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.data: dict[Kernel, str] = {}
        self.observed: set[str] = set()  # the variables that the program takes from the user's data
        self.models = self.regenerations = 0

    def regenerate(self, law: Kernel) -> None:
        """A data set of a law, its inputs drawn from their observed marginals."""
        network = self.network(law, law.inputs, (*law.inputs, *law.targets))
        result = f"%reg{self.regenerations}"
        self.regenerations += 1
        self.observed.update(law.inputs)
        do = tuple(Draw(name, OBSERVED) for name in law.inputs)
        self.operations.append(Regenerate(result, do, network, law))
        self.data[law] = result

    def train(self, node: Conditional, target: str, inputs: tuple[str, ...], computes: Kernel) -> str:
        result = f"%m{self.models}"
        self.models += 1
        data = self.data[node.of]
        if data == OBSERVED:
            self.observed.update(inputs)
            self.observed.add(target)
        self.operations.append(Train(result, data, (target,), inputs, computes))
        return result

    def network(self, kernel: Kernel, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Network:
        """The network of a kernel: an explicit stack carries which slot a variable stands for, where not its own."""
        taken = Counter((*inputs, *outputs))
        statements: list[Statement] = []
        stack: list[tuple[Kernel, Mapping[str, str]]] = [(kernel, {})]
        while stack:
            node, slot = stack.pop()
            match node:
                case Conditional():
                    statements += self.apply(node, slot)
                case Product() | Intervened():
                    stack.extend((factor, slot) for factor in reversed(node.parts))
                case Marginal():
                    stack.append((node.body, {**slot, **_instances(node.over, taken)}))
                case Free():
                    free = _instances(node.over, taken)
                    statements += [Draw(name, OBSERVED) for name in free.values()]
                    self.observed.update(node.over)
                    stack.append((node.body, {**slot, **free}))
                case Renamed():
                    stack.append((node.body, {**slot, **{old: slot.get(new, new) for old, new in node.names}}))
                case _:
                    raise ProgramError(f"{node!r} stands outside a conditional; take the conditionals of its law")
        return Network(inputs, run_order(statements, inputs), outputs)

    def apply(self, node: Conditional, slot: Mapping[str, str]) -> list[Statement]:
        """One model for each target, given those before it."""
        found: list[Statement] = []
        for k, target in enumerate(node.to):
            inputs = node.given + node.to[:k]
            computes = node if len(node.to) == 1 else Conditional(node.of, (target,), inputs)
            model = self.train(node, target, inputs, computes)
            given = inputs if slot.keys().isdisjoint(inputs) else tuple([slot.get(n, n) for n in inputs])
            found.append(Apply((slot.get(target, target),), model, given))
        return found


def _instances(names: Sequence[str], taken: Counter[str]) -> dict[str, str]:
    """A new slot for each name: the name itself, or with as many primes as it has instances."""
    found = {}
    for name in names:
        found[name] = name + "'" * taken[name]
        taken[name] += 1
    return found


def run_order(statements: Sequence[Statement], inputs: Sequence[str]) -> tuple[Statement, ...]:
    """The statements in an order in which each one's inputs are filled, the given order where it is free.

    Raises ProgramError when they need each other in a circle.
    """
    filled = set(inputs)
    for statement in statements:  # the usual case: they stand in order already
        if isinstance(statement, Apply) and not filled.issuperset(statement.inputs):
            break
        filled.update(statement.slots)
    else:
        return tuple(statements)
    maker = {slot: k for k, statement in enumerate(statements) for slot in statement.slots}
    users: list[list[int]] = [[] for _ in statements]
    waiting = [0] * len(statements)
    for k, statement in enumerate(statements):
        for slot in statement.inputs if isinstance(statement, Apply) else ():
            if slot in maker:
                users[maker[slot]].append(k)
                waiting[k] += 1
    ready = [k for k, n in enumerate(waiting) if n == 0]
    heapify(ready)
    order = []
    while ready:
        k = heappop(ready)
        order.append(statements[k])
        for user in users[k]:
            waiting[user] -= 1
            if waiting[user] == 0:
                heappush(ready, user)
    if len(order) < len(statements):
        stuck = ", ".join(s.slots[0] for s, n in zip(statements, waiting, strict=True) if n)
        raise ProgramError(f"the network's factors need each other in a circle: {stuck}")
    return tuple(order)

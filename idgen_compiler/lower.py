"""Lowering: from an estimand to the program that samples it, literally as ID-GEN does.

- every conditional becomes a model trained on samples of its law (algorithm 2, ConditionalGMs);
- a law after an intervention becomes a data set that is realized: regenerated (algorithm 4, Update, and algorithm 5,
  IDC-GEN), its fixed variables drawn from their observed marginals, or reweighted, or either;
- a product or sum becomes one network: factors are wired by the variables that they share, and what is summed out
  becomes an instance of its own (algorithm 3, MergeNetwork).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import Factor, flatten
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law, Observed
from idgen_compiler.estimand.policies import Governed, Policy
from idgen_compiler.estimand.tree import walk
from idgen_compiler.forms.policy import UNIFORM
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.laws import law_type, unfixed
from idgen_compiler.ir.operations import (
    Apply,
    Assign,
    Draw,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Sample,
    Train,
    Way,
)
from idgen_compiler.ir.policies import Assignment, Column, Moved, Named, Uniform
from idgen_compiler.rewrites.weights import Weights, weights_of

__all__ = ["lower"]

OBSERVED = "%obs"


def lower(
    estimand: Estimand, inputs: Sequence[str], outputs: Sequence[str], ways: Sequence[type[Way]] = (Regenerate,)
) -> tuple[Operation, ...]:
    """The operations that sample `outputs` given `inputs`, the query's variables in the order to show them.

    Every occurrence of a conditional trains its own model and every law is realized once; sharing is a pass.
    `ways` are those in which a law after an intervention may be had, the one to prefer first. Weights cannot reach
    every law (see `weights_of`): where none of the ways can, a law is regenerated.
    """
    nodes = list(walk(estimand.kernel))
    observed = next(node for node in nodes if isinstance(node, Observed))
    lowering = _Lowering(observed, tuple(ways))
    for node in nodes:
        if isinstance(node, Observed):
            lowering.data[node] = OBSERVED
    plan = lowering.plan(nodes)
    for law in reversed(plan):
        lowering.realize(law, plan[law])
    network = lowering.network(estimand.kernel, tuple(inputs), tuple(outputs))
    lowering.observed.update(inputs)
    observe = Observe(OBSERVED, tuple(n for n in observed.targets if n in lowering.observed), observed.source)
    return (observe, *lowering.operations, Sample(network))


class _Lowering:
    """The operations so far, and which data set samples which law."""

    def __init__(self, observed: Observed, ways: tuple[type[Way], ...]) -> None:
        self.ways = ways
        self.graph: ADMG = observed.graph
        self.operations: list[Operation] = []
        self.data: dict[Kernel, str] = {}
        self.observed: set[str] = set()  # the variables that the program takes from the user's data
        self.models = self.laws = 0

    def plan(self, nodes: Sequence[Kernel]) -> dict[Kernel, dict[type[Way], Weights | None]]:
        """Each law that has to be realized, with the ways in which it can be, from the outermost law inwards.

        Which laws a law rests on differs from way to way: regenerated, on those of the conditionals in its factors;
        reweighted, on the one whose rows are weighed by its own conditionals. `nodes` are parts before wholes.
        """
        found: dict[Kernel, dict[type[Way], Weights | None]] = {}
        reached = {nodes[-1]}
        laws: set[Kernel] = set()  # those of which rows are needed
        for node in reversed(nodes):
            if node in laws and not isinstance(node, Observed):
                found[node] = ways = self.ways_to(node)
                if Regenerate in ways:
                    reached.add(node)
                laws.update(weights.law for weights in ways.values() if weights is not None)
            if node in reached:
                match node:
                    case Conditional():
                        laws.add(node.of)
                    case Intervened():
                        reached.update(node.factors)
                    case _:
                        reached.update(node.parts)
        return found

    def ways_to(self, law: Kernel) -> dict[type[Way], Weights | None]:
        """The ways that can reach a law, the preferred one first, with its weights."""
        weights = weights_of(law) if Reweight in self.ways else None
        found = {way: weights if way is Reweight else None for way in self.ways if way is Regenerate or weights}
        return found or {Regenerate: None}

    def realize(self, law: Kernel, ways: dict[type[Way], Weights | None]) -> None:
        """A data set of a law: its inputs and its targets."""
        if not isinstance(law, Law):
            raise TypeError(f"{law!r} is no law")  # flattening leaves conditionals of laws alone
        variables = (*law.inputs, *law.targets)
        made = tuple(
            self.regenerate(law, variables) if weights is None else self.reweight(weights, variables)
            for weights in ways.values()
        )
        result = f"%law{self.laws}"
        self.laws += 1
        base = unfixed(law.graph) if isinstance(law, Governed) else self.graph
        self.operations.append(Realize(result, law_type(law.graph, base, self.graph), variables, made))
        self.data[law] = result

    def regenerate(self, law: Law, variables: tuple[str, ...]) -> Regenerate:
        """New rows of a law, its inputs drawn from their observed marginals."""
        network = self.network(law, law.inputs, variables)
        return Regenerate(self.policies(law.inputs), network)

    def reweight(self, weights: Weights, variables: tuple[str, ...]) -> Reweight:
        """The same law from weighted rows; earlier fixed variables keep the values that those rows have."""
        data = self.data[weights.law]
        by = tuple(self.train(conditional) for conditional in weights.by)
        do = self.policies(conditional.to[0] for conditional in weights.by)
        if data == OBSERVED:
            self.observed.update(variables)
        return Reweight(data, do, by)

    def policies(self, names: Iterable[str]) -> tuple[Draw, ...]:
        draws = tuple(Draw(name, Column(OBSERVED)) for name in names)
        self.observed.update(draw.slot for draw in draws)
        return draws

    def train(self, node: Conditional) -> str:
        result = f"%m{self.models}"
        self.models += 1
        data = self.data[node.of]
        if data == OBSERVED:
            self.observed.update(node.to, node.given)
        self.operations.append(Train(result, data, node.to, node.given))
        return result

    def network(self, kernel: Kernel, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Network:
        """The network of a kernel: a model for every atom, a draw for every free slot."""
        flat = flatten(kernel, (*inputs, *outputs))
        draws = [Draw(slot, Column(OBSERVED)) for slot in flat.free]
        self.observed.update(variable_of(slot) for slot in flat.free)
        made = [self.statement(atom) for atom in flat.atoms]
        return Network(inputs, (*draws, *made), outputs)

    def statement(self, atom: Factor) -> Apply | Assign:
        """A conditional's model applied, or a treatment assigned by its policy."""
        if not isinstance(atom.kernel, Policy):
            return Apply((atom.target,), self.train(atom.kernel), atom.inputs)
        self.observed.add(variable_of(atom.target))
        return Assign(atom.target, _policy(atom.kernel, atom.inputs))


def _policy(kernel: Policy, inputs: tuple[str, ...]) -> Assignment:
    if kernel.by is not None:
        return Moved(inputs[0], kernel.by)
    return Uniform() if kernel.name == UNIFORM else Named(kernel.name, inputs)

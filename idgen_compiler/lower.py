"""Lowering: from an estimand to the program that samples it, literally as ID-GEN does.

- every conditional becomes a model trained on samples of its law (algorithm 2, ConditionalGMs);
- a law after an intervention becomes a data set that is realized: regenerated (algorithm 4, Update, and algorithm 5,
  IDC-GEN), its fixed variables drawn from their observed marginals, or reweighted, or either;
- a bound kernel stands for itself: somebody brings it;
- a product or sum becomes one network: factors are wired by the variables that they share, and what is summed out
  becomes an instance of its own (algorithm 3, MergeNetwork).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.errors import QueryError
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import Factor, flatten
from idgen_compiler.estimand.nodes import Bound, Conditional, Intervened, Kernel, Law, Observed
from idgen_compiler.estimand.policies import Governed, Policy
from idgen_compiler.estimand.tree import walk
from idgen_compiler.forms.policy import UNIFORM
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.laws import law_type, unfixed
from idgen_compiler.ir.operations import (
    Apply,
    Assign,
    Bind,
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
    estimand: Estimand,
    inputs: Sequence[str],
    outputs: Sequence[str],
    ways: Sequence[type[Way]] = (Regenerate,),
    observed: Observed | None = None,
) -> tuple[Operation, ...]:
    """The operations that sample `outputs` given `inputs`, the query's variables in the order to show them.

    Every occurrence of a conditional trains its own model and every law is realized once; sharing is a pass.
    `ways` are those in which a law after an intervention may be had, the one to prefer first. Weights cannot reach
    every law (see `weights_of`): where none of the ways can, a law is regenerated. `observed` is the law of the data,
    which an estimand of nothing but bound kernels does not hold.

    Raises QueryError where a value of a variable that no table holds would have to be drawn.
    """
    nodes = list(walk(estimand.kernel))
    observed = observed or next(node for node in nodes if isinstance(node, Observed) and not isinstance(node, Bound))
    lowering = _Lowering(observed, tuple(ways))
    lowering.data[observed] = OBSERVED
    for node in nodes:
        if isinstance(node, Observed):
            lowering.data[node] = OBSERVED
    plan = lowering.plan(nodes)
    for law in reversed(plan):
        lowering.realize(law, plan[law])
    network = lowering.network(estimand.kernel, tuple(inputs), tuple(outputs))
    lowering.observed.update(inputs)
    held = lowering.observed.difference(observed.unobserved)
    variables = tuple(name for name in observed.targets if name in held)
    observe = Observe(OBSERVED, variables, observed.source, observed.unobserved)
    return (observe, *lowering.operations, Sample(network))


class _Lowering:
    """The operations so far, and which data set samples which law."""

    def __init__(self, observed: Observed, ways: tuple[type[Way], ...]) -> None:
        self.ways = ways
        self.graph: ADMG = observed.graph
        self.law = observed
        self.unobserved = observed.unobserved
        self.bound: dict[Conditional, str] = {}
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
                    case Conditional(of=Bound()):
                        pass
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
        return tuple(self.draw(name) for name in names)

    def draw(self, slot: str) -> Draw:
        """A value that the variable has in the user's data, apart from everything else."""
        name = variable_of(slot)
        if name in self.unobserved:
            raise QueryError(
                f"{name} may take any value in a part of the answer, and no table holds one; observe {name}"
            )
        self.observed.add(name)
        return Draw(slot, Column(OBSERVED))

    def model(self, node: Conditional) -> str:
        """What samples a conditional: a bound kernel, one for all of its uses, or a model of its own."""
        if not isinstance(node.of, Bound):
            return self.train(node)
        if node not in self.bound:
            trained = Conditional(self.law, node.to, node.given)
            fallback = (self.train(trained),) if node.of.fallback else ()
            self.bound[node] = result = f"%b{len(self.bound)}"
            self.observed.update(node.to, node.given)
            self.operations.append(Bind(result, node.to, node.given, node.of.function, fallback))
        return self.bound[node]

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
        draws = [self.draw(slot) for slot in flat.free]
        made = [self.statement(atom) for atom in flat.atoms]
        return Network(inputs, (*draws, *made), outputs)

    def statement(self, atom: Factor) -> Apply | Assign:
        """A conditional's model applied, or a treatment assigned by its policy."""
        if not isinstance(atom.kernel, Policy):
            return Apply((atom.target,), self.model(atom.kernel), atom.inputs)
        self.observed.add(variable_of(atom.target))
        return Assign(atom.target, _policy(atom.kernel, atom.inputs))


def _policy(kernel: Policy, inputs: tuple[str, ...]) -> Assignment:
    if kernel.by is not None:
        return Moved(inputs[0], kernel.by)
    return Uniform() if kernel.name == UNIFORM else Named(kernel.name, inputs)

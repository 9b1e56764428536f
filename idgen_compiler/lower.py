"""Lowering: from an estimand to the program that samples it, literally as ID-GEN does.

- every conditional becomes a model trained on samples of its law (algorithm 2, ConditionalGMs);
- a law after an intervention becomes a data set that is realized: regenerated (algorithm 4, Update, and algorithm 5,
  IDC-GEN), its fixed variables drawn from their observed marginals, or reweighted, or either;
- a conditional of such a law may be had without its rows: by weighing runs of its network (`condition`);
- a bound kernel stands for itself: somebody brings it;
- a product or sum becomes one network: factors are wired by the variables that they share, and what is summed out
  becomes an instance of its own (algorithm 3, MergeNetwork).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from idgen_compiler.errors import QueryError
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import Factor, Flat, flatten
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
    Condition,
    Draw,
    LawType,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Sample,
    Statement,
    Train,
    Way,
    Weigh,
)
from idgen_compiler.ir.policies import Assignment, Column, Moved, Named, Uniform
from idgen_compiler.rewrites.weights import Weights, weights_of

__all__ = ["lower"]

OBSERVED = "%obs"


def lower(
    estimand: Estimand,
    inputs: Sequence[str],
    outputs: Sequence[str],
    ways: Sequence[type[Way | Weigh]] = (Regenerate,),
    observed: Observed | None = None,
) -> tuple[Operation, ...]:
    """The operations that sample `outputs` given `inputs`, the query's variables in the order to show them.

    Every occurrence of a conditional trains its own model and every law is realized once; sharing is a pass.
    `ways` are those in which a law after an intervention may be had, the one to prefer first. Weights cannot reach
    every law (see `weights_of`): where none of the ways can, a law is regenerated. With `Weigh` among the ways, runs of
    a law's network are weighed wherever that can be: instead of rows where it comes first. `observed` is the law of
    the data, which an estimand of nothing but bound kernels does not hold.

    Raises QueryError where a value of a variable that no table holds would have to be drawn.
    """
    nodes = list(walk(estimand.kernel))
    observed = observed or next(node for node in nodes if isinstance(node, Observed) and not isinstance(node, Bound))
    lowering = _Lowering(observed, ways)
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

    def __init__(self, observed: Observed, ways: Sequence[type[Way | Weigh]]) -> None:
        self.ways = cast("list[type[Way]]", [way for way in ways if way is not Weigh])
        self.weighs = Weigh in ways  # whether conditionals of laws may be weighed
        self.only = ways[0] is Weigh  # and are not trained where they are
        self.graph: ADMG = observed.graph
        self.law = observed
        self.unobserved = observed.unobserved
        self.networks: dict[Conditional, Flat | None] = {}  # of conditionals that may be weighed
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
                    case Conditional():
                        laws.update(self.laws_for(node))
                    case Intervened():
                        reached.update(node.factors)
                    case _:
                        reached.update(node.parts)
        return found

    def laws_for(self, node: Conditional) -> Iterator[Kernel]:
        """The laws of which a conditional needs rows: its own, and where it is weighed those that its network needs."""
        stack, seen = [(node, False)], set[tuple[Conditional, bool]]()
        while stack:
            (conditional, for_density) = each = stack.pop()
            if each in seen or isinstance(conditional.of, Bound):
                continue
            seen.add(each)
            if len(conditional.to) > 1:
                atoms = flatten(conditional).atoms
                stack += [(a.kernel, for_density) for a in atoms if isinstance(a.kernel, Conditional)]
                continue
            flat = None if for_density else self.weighed(conditional)
            if flat is not None:
                given = conditional.given
                stack += [(a.kernel, a.target in given) for a in flat.atoms if isinstance(a.kernel, Conditional)]
            if flat is None or not self.only:
                yield conditional.of

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
        self.operations.append(Realize(result, self.law_type(law), variables, made))
        self.data[law] = result

    def law_type(self, law: Law) -> LawType:
        base = unfixed(law.graph) if isinstance(law, Governed) else self.graph
        return law_type(law.graph, base, self.graph)

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

    def train(self, node: Conditional, for_density: bool = False) -> str:
        """A model that is trained, or had by weighing where that is wanted and it is not asked for its density."""
        flat = None if for_density else self.weighed(node)
        networks = () if flat is None else (self.condition(node, flat),)
        result = f"%m{self.models}"
        self.models += 1
        if networks and self.only and isinstance(node.of, Law):
            self.operations.append(Condition(result, self.law_type(node.of), networks[0]))
            return result
        data = self.data[node.of]
        if data == OBSERVED:
            self.observed.update(node.to, node.given)
        self.operations.append(Train(result, data, node.to, node.given, networks))
        return result

    def weighed(self, node: Conditional) -> Flat | None:
        """The network of a law whose runs give a conditional when they are weighed; None where they cannot be.

        What is conditioned on has to be drawn by models that are trained, and what may take any value has to be seen.
        """
        if not self.weighs or not isinstance(node.of, Intervened):
            return None
        if node not in self.networks:
            self.networks[node] = self.network_of(node, node.of)
        return self.networks[node]

    def network_of(self, node: Conditional, law: Intervened) -> Flat | None:
        flat = flatten(law, (*law.inputs, *law.targets))
        flat = flat.needed((*node.to, *node.given))
        free = {variable_of(slot) for slot in (*flat.free, *law.inputs) if slot not in node.given}
        if not free.isdisjoint(self.unobserved):
            return None
        for atom in flat.atoms:
            if isinstance(atom.kernel, Policy) or (atom.target in node.given and isinstance(atom.kernel.of, Bound)):
                return None
        return flat

    def condition(self, node: Conditional, flat: Flat) -> Network:
        """The network of a conditional: what is given is weighed where its law has it random."""
        read = {slot for atom in flat.atoms for slot in atom.inputs}
        free = [slot for slot in (*node.of.inputs, *flat.free) if slot in read and slot not in node.given]
        statements: list[Statement] = [self.draw(slot) for slot in free]
        for atom in flat.atoms:
            if atom.target not in node.given:
                statements.append(self.statement(atom))
            elif isinstance(atom.kernel, Conditional):
                statements.append(Weigh((atom.target,), self.train(atom.kernel, for_density=True), atom.inputs))
        return Network(node.given, tuple(statements), node.to)

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

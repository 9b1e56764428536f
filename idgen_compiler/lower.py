"""Lowering: from an estimand to the program that samples it, literally as ID-GEN does.

- every conditional becomes a model trained on samples of its law (algorithm 2, ConditionalGMs);
- a law after an intervention becomes a regenerated data set (algorithm 4, Update, and algorithm 5, IDC-GEN), its fixed
  variables drawn from their observed marginals;
- a product or sum becomes one network: factors are wired by the variables that they share, and what is summed out
  becomes an instance of its own (algorithm 3, MergeNetwork).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import flatten
from idgen_compiler.estimand.nodes import Conditional, Kernel, Observed
from idgen_compiler.estimand.tree import walk
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Draw, Network, Observe, Operation, Regenerate, Reweight, Sample, Train
from idgen_compiler.rewrites.weights import Weights, weights_of

__all__ = ["lower"]

OBSERVED = "%obs"


def lower(
    estimand: Estimand, inputs: Sequence[str], outputs: Sequence[str], *, reweight: bool = False
) -> tuple[Operation, ...]:
    """The operations that sample `outputs` given `inputs`, the query's variables in the order to show them.

    Every occurrence of a conditional trains its own model and every law is realised once; sharing is a pass.
    With `reweight`, a law after an intervention is realised by weighing the rows of the law that it came from, where
    weights can do that (see `weights_of`), and regenerated elsewhere.
    """
    lowering = _Lowering()
    nodes = list(walk(estimand.kernel))
    needed = {node.of for node in nodes if isinstance(node, Conditional)}
    for node in nodes:
        if isinstance(node, Observed):
            lowering.data[node] = OBSERVED
        elif node in needed:
            weights = weights_of(node) if reweight else None
            if weights is None:
                lowering.regenerate(node)
            else:
                lowering.reweight(node, weights)
    network = lowering.network(estimand.kernel, tuple(inputs), tuple(outputs))
    sample = Sample(network)
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
        self.models = self.regenerations = self.reweightings = 0

    def regenerate(self, law: Kernel) -> None:
        """A data set of a law: its inputs, drawn from their observed marginals, and its targets."""
        network = self.network(law, law.inputs, (*law.inputs, *law.targets))
        result = f"%reg{self.regenerations}"
        self.regenerations += 1
        self.operations.append(Regenerate(result, self.policies(law.inputs), network, law))
        self.data[law] = result

    def reweight(self, law: Kernel, weights: Weights) -> None:
        """The same data set from weighted rows; earlier fixed variables keep the values that those rows have."""
        data = self.data[weights.law]
        by = tuple(self.train(conditional) for conditional in weights.by)
        do = self.policies(conditional.to[0] for conditional in weights.by)
        result = f"%rw{self.reweightings}"
        self.reweightings += 1
        variables = (*law.inputs, *law.targets)
        if data == OBSERVED:
            self.observed.update(variables)
        self.operations.append(Reweight(result, data, do, by, variables, law))
        self.data[law] = result

    def policies(self, names: Iterable[str]) -> tuple[Draw, ...]:
        draws = tuple(Draw(name, OBSERVED) for name in names)
        self.observed.update(draw.slot for draw in draws)
        return draws

    def train(self, node: Conditional) -> str:
        result = f"%m{self.models}"
        self.models += 1
        data = self.data[node.of]
        if data == OBSERVED:
            self.observed.update(node.to, node.given)
        self.operations.append(Train(result, data, node.to, node.given, node))
        return result

    def network(self, kernel: Kernel, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Network:
        """The network of a kernel: a model for every atom, a draw for every free slot."""
        flat = flatten(kernel, (*inputs, *outputs))
        draws = [Draw(slot, OBSERVED) for slot in flat.free]
        self.observed.update(variable_of(slot) for slot in flat.free)
        applied = [Apply((atom.target,), self.train(atom.kernel), atom.inputs) for atom in flat.atoms]
        return Network(inputs, (*draws, *applied), outputs)

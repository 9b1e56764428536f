"""Denotation: what a program means, read back as an estimand.

The inverse of lowering, so that lowering and passes can be tested by undoing them: for an estimand whose laws are
products of conditionals, `denote(lower(e)) == e` as the same shared nodes.
"""

from __future__ import annotations

from idgen_compiler.errors import ProgramError
from idgen_compiler.estimand.construction import conditionals
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import Atom, Flat, unflatten
from idgen_compiler.estimand.nodes import Conditional, Intervened, Kernel, Law, Observed
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import (
    Apply,
    Draw,
    Network,
    Observe,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Train,
)
from idgen_compiler.ir.program import Program

__all__ = ["denote"]


def denote(program: Program, graph: ADMG) -> dict[str, Estimand]:
    """The estimand of every sampler, by its query (or the program's name), for data that are Markov to the graph.

    Policies are forgotten: a regenerated data set denotes its law given what its policies set.
    Raises ProgramError when the program observes what the graph lacks, or reweights by anything but conditionals.
    """
    unknown = set(program.observe.variables) - graph.nodes
    if unknown:
        raise ProgramError(f"the program observes {', '.join(sorted(unknown))}, which the graph lacks")
    reading = _Reading(graph)
    found: dict[str, Estimand] = {}
    for op in program.operations:
        match op:
            case Observe():
                reading.laws[op.result] = reading.observed
            case Train():
                reading.models[op.result] = Conditional(reading.laws[op.data], op.targets, op.inputs)
            case Regenerate():
                reading.laws[op.result] = reading.regenerated(op)
            case Reweight():
                reading.laws[op.result] = reading.reweighted(op)
            case Sample():
                kernel = reading.kernel(op.network)
                given, targets = tuple(sorted(op.network.inputs)), tuple(sorted(op.network.outputs))
                found[op.query or program.name] = Estimand(kernel, given, targets)
    return found


class _Reading:
    """What the values read so far denote."""

    def __init__(self, graph: ADMG) -> None:
        self.observed = Observed(graph)
        self.laws: dict[str, Law] = {}
        self.models: dict[str, Conditional] = {}

    def kernel(self, network: Network) -> Kernel:
        """The kernel of a network's outputs given its inputs."""
        flat = self.flat(network)
        outputs = [slot for slot in network.outputs if slot not in network.inputs]
        return unflatten(flat.needed(outputs), outputs, network.inputs)

    def flat(self, network: Network) -> Flat:
        atoms: list[Atom] = []
        free: list[str] = []
        for statement in network.statements:
            match statement:
                case Draw():
                    free.append(statement.slot)
                case Rows():
                    names = tuple(map(variable_of, statement.slots))
                    joint = Conditional(self.laws[statement.data], names, ())
                    atoms += _chain(joint, statement.slots, ())
                case Apply():
                    atoms += _chain(self.models[statement.model], statement.slots, statement.inputs)
        return Flat(tuple(atoms), tuple(free))

    def regenerated(self, op: Regenerate) -> Law:
        """The law after an intervention whose factors are the network's conditionals."""
        do = op.network.inputs
        flat = self.flat(op.network)
        kept = set(op.network.outputs)
        if not flat.free and all(atom.target in kept for atom in flat.atoms):
            factors = tuple(unflatten(Flat((atom,), ()), (atom.target,), atom.inputs) for atom in flat.atoms)
        else:
            factors = (self.kernel(op.network),)
        origins = {atom.kernel.of for atom in flat.atoms}
        origin = origins.pop() if len(origins) == 1 else self.observed
        law = origin if isinstance(origin, Law) else self.observed
        return Intervened(law, tuple(n for n in do if n not in law.inputs), factors)

    def reweighted(self, op: Reweight) -> Law:
        """The law whose factors are the conditionals of what the weights leave alone; they divide the others out."""
        law = self.laws[op.data]
        graph = law.graph
        do = graph.mask_of(draw.slot for draw in op.do)
        read = graph.mask_of((*op.variables, *(n for by in op.by for n in self.models[by].given)))
        within = graph.ancestral_mask(do | read)
        left = within.random_mask & ~do
        return Intervened(law, graph.names(do), tuple(conditionals(law, within, left)))


def _chain(joint: Conditional, slots: tuple[str, ...], inputs: tuple[str, ...]) -> list[Atom]:
    found = []
    for k, slot in enumerate(slots):
        kernel = Conditional(joint.of, (joint.to[k],), joint.given + joint.to[:k])
        found.append(Atom(kernel, slot, inputs + slots[:k]))
    return found

"""Denotation: what a program means, read back as an estimand.

The inverse of lowering, so that lowering and passes can be tested by undoing them: for an estimand whose laws are
products of conditionals, `denote(lower(e)) == e` as the same shared nodes. What a data set is the law of, and what a
model computes, is read from the program alone, whose text is all that there is to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from idgen_compiler.errors import ProgramError
from idgen_compiler.estimand.construction import conditionals
from idgen_compiler.estimand.estimand import Estimand
from idgen_compiler.estimand.network import Factor, Flat, unflatten
from idgen_compiler.estimand.nodes import Bound, Conditional, Intervened, Kernel, Law, Observed
from idgen_compiler.estimand.policies import Governed, Policy
from idgen_compiler.forms.policy import UNIFORM
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.laws import graph_of_text, law_graph
from idgen_compiler.ir.operations import (
    Apply,
    Assign,
    Bind,
    Draw,
    LawType,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Train,
)
from idgen_compiler.ir.policies import ByModel, Fixed, Moved, Named, Uniform
from idgen_compiler.ir.program import Program

__all__ = ["Meaning", "denote", "meaning_of"]

K = TypeVar("K", bound=Kernel)


@dataclass(frozen=True)
class Meaning:
    """What the values of a program denote, for data that are Markov to its graph."""

    laws: dict[str, Law] = field(default_factory=dict)  #: data set -> the law of its rows
    models: dict[str, Conditional] = field(default_factory=dict)  #: model -> the conditional that it computes
    samplers: dict[str, Estimand] = field(default_factory=dict)  #: query, or the program's name -> its estimand
    faults: dict[str, ProgramError] = field(default_factory=dict)  #: value or sampler -> why it denotes nothing


def denote(program: Program) -> dict[str, Estimand]:
    """The estimand of every sampler, by its query (or the program's name).

    Policies are forgotten: a regenerated data set denotes its law given what its policies set.
    Raises ProgramError when the program trains or draws what its laws' types do not have.
    """
    meaning = meaning_of(program)
    for fault in meaning.faults.values():
        raise fault
    return meaning.samplers


def meaning_of(program: Program) -> Meaning:
    """What every value of a program denotes that denotes anything, each law read from the first of its ways.

    A condition denotes what a model denotes that is trained on rows of its law (see `ir.conditions`). A model of a
    variable that its law's type has as fixed, for one, is that of a policy.
    """
    program = program.trained()
    reading = _Reading(program)
    for op in program.operations:
        name = (op.query or program.name) if isinstance(op, Sample) else op.result
        try:
            reading.read(op, name)
        except ProgramError as fault:
            reading.found.faults[name] = fault
    return reading.found


class _Reading:
    """What the values read so far denote."""

    def __init__(self, program: Program) -> None:
        bound = tuple(sorted({op.targets[0] for op in program.bindings}))
        self.observed = Observed(program.graph, program.observe.source, program.observe.unobserved, bound)
        self.found = Meaning()

    # -- values ---------------------------------------------------------------------------------------------------

    def read(self, op: Operation, name: str) -> None:
        match op:
            case Observe():
                self.found.laws[name] = self.observed
            case Train():
                self.found.models[name] = self.conditional(op)
            case Bind():
                brought = Bound.kernel(op.targets[0], op.inputs, function=op.function, fallback=bool(op.fallback))
                self.found.models[name] = Conditional(brought.of, op.targets, op.inputs)
            case Realize():
                self.found.laws[name] = self.law(op)
            case Sample():
                kernel = self.kernel(op.network)
                given, targets = tuple(sorted(op.network.inputs)), tuple(sorted(op.network.outputs))
                self.found.samplers[name] = Estimand(kernel, given, targets)

    def known(self, values: Mapping[str, K], name: str) -> K:
        """What a value denotes.  Raises ProgramError for one that denotes nothing, with the reason."""
        if name in self.found.faults:
            raise self.found.faults[name]
        return values[name]

    def conditional(self, op: Train) -> Conditional:
        law = self.known(self.found.laws, op.data)
        scope = {*law.targets, *law.inputs}
        for name in (*op.targets, *op.inputs):
            if name not in scope or (name in op.targets and name in law.inputs):
                raise ProgramError(f"{op.result} models {name}, which is not random in {law}, the law of {op.data}")
        return Conditional(law, op.targets, op.inputs)

    def law(self, op: Realize) -> Law:
        match op.ways[0]:
            case Regenerate() as way:
                if any(isinstance(s, Assign) for s in way.network.statements):
                    return self.governed(op, way)
                return self.regenerated(op.law, way)
            case Reweight() as way:
                law = self.by_districts(self.known(self.found.laws, way.data), op.law)
                law = law or self.by_districts(self.base(op.law), op.law)
                if law is None:
                    raise ProgramError(f"{op.law} cannot be had by weighting rows of {way.data}: a district is cut")
                return law

    def governed(self, op: Realize, way: Regenerate) -> Law:
        """The law of a world with policies: the network's kernel of all that it keeps, in the graph of its type."""
        graph = law_graph(self.observed.graph, op)
        made = {slot for statement in way.network.statements for slot in statement.slots}
        hidden = [name for name in op.law.targets if name not in made]
        graph = graph.project(hidden) if hidden else graph
        targets = graph.names(graph.random_mask)
        flat = self.flat(way.network, way.do)
        return Governed(graph, unflatten(flat.needed(targets), targets, way.network.inputs))

    def regenerated(self, law: LawType, way: Regenerate) -> Law:
        """The law whose factors are the network's conditionals, as far as all of its variables are there."""
        flat = self.flat(way.network, way.do)
        origins = {atom.kernel.of for atom in flat.atoms if not isinstance(atom.kernel.of, Bound)}
        origin = next((law for law in origins if isinstance(law, Law)), self.observed)
        origin = origin if len(origins) == 1 else self.base(law)
        do = tuple(name for name in law.fixed if name not in origin.inputs)
        made = {atom.target for atom in flat.atoms}
        targets = tuple(name for name in law.targets if name in made)
        if len(targets) < len(law.targets):
            # Passes have dropped what nothing reads: the law is still the one of its type, where that can be told.
            whole = self.by_districts(origin, law) or self.by_districts(self.base(law), law)
            if whole is not None:
                return whole
        if not targets:
            raise ProgramError(f"a network that makes nothing of {law} is no way to regenerate it")
        if not flat.free and made == set(targets):
            factors = tuple(unflatten(Flat((atom,), ()), (atom.target,), atom.inputs) for atom in flat.atoms)
            return Intervened(origin, do, factors)
        return Intervened(origin, do, (unflatten(flat.needed(targets), targets, way.network.inputs),))

    def base(self, law: LawType) -> Observed:
        """P(V) of the graph in which a law was found, without what the law has no name for."""
        graph = graph_of_text(law.graph) if law.graph else self.observed.graph
        hidden = graph.nodes.difference(law.targets, law.fixed)
        return replace(self.observed, over=graph.project(hidden) if hidden else graph)

    def by_districts(self, origin: Law, law: LawType) -> Law | None:
        """The law after do() as the conditionals of whole districts of the law that it came from; None where it is not.

        Source: Tian and Pearl (2002), lemma 1.
        """
        graph = origin.graph
        if not {*law.targets, *law.fixed} <= graph.nodes or not set(law.targets) <= graph.random:
            return None
        do = graph.mask_of(name for name in law.fixed if name not in origin.inputs)
        left = graph.mask_of(law.targets)
        within = graph.ancestral_mask(do | left)
        if any(district & left and district & ~left for district in within.districts_mask()):
            return None
        factors = conditionals(origin, within, left)
        known = {*law.targets, *law.fixed, *origin.inputs}
        if any(not known.issuperset(factor.inputs) for factor in factors):
            return None
        return Intervened(origin, graph.names(do), tuple(factors))

    # -- networks -------------------------------------------------------------------------------------------------

    def kernel(self, network: Network) -> Kernel:
        """The kernel of a network's outputs given its inputs."""
        return unflatten(self.flat(network).needed(network.outputs), network.outputs, network.inputs)

    def flat(self, network: Network, do: Sequence[Draw] = ()) -> Flat:
        atoms: list[Factor] = []
        free: list[str] = []
        for draw in do:
            if isinstance(draw.policy, ByModel):
                raise ProgramError(f"{draw.slot} is set by a model; a program with such policies denotes no estimand")
        for statement in network.statements:
            match statement:
                case Draw():
                    free.append(statement.slot)
                case Assign():
                    atoms.append(Factor(_policy(statement), statement.slot, statement.inputs))
                case Rows():
                    names = tuple(map(variable_of, statement.slots))
                    joint = Conditional(self.known(self.found.laws, statement.data), names, ())
                    atoms += _chain(joint, statement.slots, ())
                case Apply():
                    model = self.known(self.found.models, statement.model)
                    atoms += _chain(model, statement.slots, statement.inputs)
        return Flat(tuple(atoms), tuple(free))


def _policy(statement: Assign) -> Policy:
    to, read = (variable_of(statement.slot),), tuple(map(variable_of, statement.inputs))
    given = tuple(f"{name}'" if name in to else name for name in read)  # its natural value is another instance
    match statement.policy:
        case Moved(_, by):
            return Policy("", to, given, by)
        case Named(name, _):
            return Policy(name, to, given)
        case Uniform():
            return Policy(UNIFORM, to, given)
        case Fixed():
            raise ProgramError(f"{statement.slot} is assigned one value, which is no policy of a query; set it by do")


def _chain(joint: Conditional, slots: tuple[str, ...], inputs: tuple[str, ...]) -> list[Factor]:
    found = []
    for k, slot in enumerate(slots):
        kernel = Conditional(joint.of, (joint.to[k],), joint.given + joint.to[:k])
        found.append(Factor(kernel, slot, inputs + slots[:k]))
    return found

"""What every program must satisfy, one operation after the other."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.errors import GraphError, ProgramError
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.operations import (
    Bind,
    Condition,
    LawType,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Sample,
    Train,
)
from idgen_compiler.ir.policies import Policy
from idgen_compiler.ir.verifier.faults import check_distinct, check_plain, fault
from idgen_compiler.ir.verifier.regions import Regions

__all__ = ["verify_operations"]


def verify_operations(graph: ADMG, operations: Sequence[Operation]) -> None:
    """Check definitions before uses, bound inputs, produced outputs, policies, models' inputs and laws' types.

    Raises ProgramError that names the operation, the offender in it and the remedy.
    """
    scope = _Scope(graph)
    for op in operations:
        match op:
            case Observe():
                scope.observe(op)
            case Train():
                scope.train(op)
            case Bind():
                scope.bind(op)
            case Condition():
                scope.condition(op)
            case Realize():
                scope.realize(op)
            case Sample():
                scope.sample(op)
    if not any(isinstance(op, Observe) for op in operations):
        raise ProgramError("the program observes no data; begin it with `%obs = observe [variables]`")
    if not scope.samplers:
        raise ProgramError("the program has no sampler; end it with `sample (inputs) { ... } -> [outputs]`")


class _Scope(Regions):
    """The operations, each defining a value for those after it."""

    def observe(self, op: Observe) -> None:
        if self.data:
            raise fault(op, op.result, "the data are observed twice", "use one observe, the first operation")
        self.define(op)
        check_plain(op, op.variables, "variables")
        check_distinct(op, op.variables, "variables")
        check_plain(op, op.unobserved, "unobserved variables")
        check_distinct(op, (*op.variables, *op.unobserved), "variables that are observed, or that are not")
        for name in (*op.variables, *op.unobserved):
            if name not in self.graph:
                raise fault(op, name, f"the graph has no {name}", "observe vertices of the program's graph")
        self.unobserved = frozenset(op.unobserved)
        self.data[op.result] = dict.fromkeys(op.variables)
        self.observable.update(op.variables)

    def train(self, op: Train) -> None:
        self.define(op)
        known = self.variables(op, op.data)
        if not op.targets:
            raise fault(op, op.result, "a model needs a target", "write `train %data : target | inputs`")
        named = {*op.targets, *op.inputs}
        if len(named) < len(op.targets) + len(op.inputs):
            check_distinct(op, (*op.targets, *op.inputs), "targets and inputs")
        if not known.keys() >= named:
            name = next(n for n in (*op.targets, *op.inputs) if n not in known)
            raise fault(
                op, name, f"{name} is not among the variables of {op.data} ({', '.join(known)})",
                self.remedy_for(name, f"keep {name} in {op.data}, or drop it from the model"),
            )  # fmt: skip
        for network in op.condition:
            law = self.laws.get(op.data)
            if law is None or len(op.condition) > 1:
                what = f"{op.data} holds rows of no law after an intervention, or there are two ways beside training"
                raise fault(op, op.result, what, "train on the data, or say once how to condition a realized law")
            if (network.inputs, network.outputs) != (op.inputs, op.targets):
                raise fault(op, op.result, "its network is of another conditional", "let both be of the same")
            self.conditioned(op, law, network)
        self.models[op.result] = op

    def condition(self, op: Condition) -> None:
        self.define(op)
        self.law(op, op.law)
        self.conditioned(op, op.law, op.network)
        self.models[op.result] = op

    def conditioned(self, op: Train | Condition, law: LawType, network: Network) -> None:
        """A network that is weighed has the conditional's outputs and inputs, variables of the law."""
        check_plain(op, network.inputs, "inputs")
        check_distinct(op, (*network.outputs, *network.inputs), "targets and inputs")
        if not network.outputs:
            raise fault(op, op.result, "a condition needs a target", "write `condition P(...) : target | inputs`")
        for name in (*network.outputs, *network.inputs):
            if name not in law.targets and (name in network.outputs or name not in law.fixed):
                raise fault(op, name, f"{name} is not random in the law {law}", "condition variables of the law")
        self.network(op, network, weighed=True)

    def bind(self, op: Bind) -> None:
        self.define(op)
        check_plain(op, (*op.targets, *op.inputs), "targets and inputs")
        if len(op.targets) != 1:
            raise fault(op, op.result, "a bound kernel has one target", "bind one variable at a time")
        check_distinct(op, (*op.targets, *op.inputs), "targets and inputs")
        for name in (*op.targets, *op.inputs):
            if name not in self.observable | self.unobserved:
                raise fault(op, name, f"{name} is neither observed nor lacking", "observe it, or say `lacks`")
        for model in op.fallback:
            trained = self.model(op, model)
            if not isinstance(trained, Train) or (trained.targets, trained.inputs) != (op.targets, op.inputs):
                what = (
                    f"{model} is no trained model of {', '.join(op.targets)} given {', '.join(op.inputs) or 'nothing'}"
                )
                raise fault(op, model, what, "fall back on a model of the same conditional")
        if len(op.fallback) > 1 or (op.fallback and op.function):
            raise fault(op, op.result, "a kernel falls back on one model, and a function on none", "keep one")
        self.models[op.result] = op

    def realize(self, op: Realize) -> None:
        self.define(op)
        self.law(op, op.law)
        check_plain(op, op.variables, "variables")
        check_distinct(op, op.variables, "variables")
        if not op.variables:
            raise fault(op, op.result, f"{op.result} keeps no variable", "name the columns to keep in [...]")
        if outside := set(op.variables).difference(op.law.targets, op.law.fixed):
            for name in filter(outside.__contains__, op.variables):
                raise fault(op, name, f"{name} is not in the law {op.law}", "keep variables of the law")
        if not op.ways or len({type(way) for way in op.ways}) < len(op.ways):
            raise fault(op, op.result, f"{op.result} has no ways, or two of one kind", "give each kind at most once")
        policies: dict[str, Policy] = {}
        for way in op.ways:
            if isinstance(way, Regenerate):
                self.regenerate(op, way)
            else:
                self.reweight(op, way)
            for draw in way.do:
                if draw.slot not in op.law.fixed:
                    what = f"{draw.slot} is set, but random in {op.law}"
                    raise fault(op, draw.slot, what, "let do(...) of the law name what its ways set")
                if policies.setdefault(draw.slot, draw.policy) != draw.policy:
                    what = f"its ways set {draw.slot} by different policies, and so are no ways to one law"
                    raise fault(op, draw.slot, what, "give all ways one policy")
        self.data[op.result] = dict.fromkeys(op.variables)
        self.laws[op.result] = op.law
        self.observable.update(op.variables)

    def law(self, op: Realize | Condition, law: LawType) -> None:
        """A law's type names vertices of its graph, each once."""
        graph = self.graph
        if law.graph:
            try:
                graph = ADMG.parse(law.graph)
            except GraphError as error:
                raise fault(op, "on", f"the graph of its law cannot be read: {error}", "mend it") from None
        names = (*law.targets, *law.fixed)
        check_distinct(op, names, "variables of the law")
        for name in () if graph.nodes.issuperset(names) else names:
            if name not in graph:
                raise fault(op, name, f"the graph has no {name}", "a law is one of the vertices of the graph")

    def regenerate(self, op: Realize, way: Regenerate) -> None:
        filled: set[str] = set()
        for draw in way.do:
            self.draw(op, draw, filled)
            filled.add(draw.slot)
        given = tuple(d.slot for d in way.do)
        if given != way.network.inputs:
            offender = next(iter(sorted(set(given) ^ set(way.network.inputs)) or given))
            what = "the network's inputs are not the slots of do(...)"
            raise fault(op, offender, what, "let both name the same slots")
        if way.network.outputs != op.variables:
            raise fault(op, op.result, "the network's outputs are not the columns kept", "let both be the same")
        self.network(op, way.network)

    def reweight(self, op: Realize, way: Reweight) -> None:
        known = self.variables(op, way.data)
        check_distinct(op, [d.slot for d in way.do], "slots of do(...)")
        if len(way.do) != len(way.by):
            raise fault(
                op, op.result, f"{len(way.do)} draws are weighed by {len(way.by)} models",
                "give one model of P(x | its inputs) for each draw, in the same order",
            )  # fmt: skip
        for draw, by in zip(way.do, way.by, strict=True):
            self.draw(op, draw, known)
            model = self.model(op, by)
            if model.targets != (draw.slot,):
                raise fault(op, by, f"{by} models {', '.join(model.targets)}, not {draw.slot}", "name its own model")
            self.check_density(op, by)
        read = (*(d.slot for d in way.do), *op.variables, *(n for by in way.by for n in self.models[by].inputs))
        for name in read:
            if name not in known:
                remedy = self.remedy_for(name, "keep it there")
                raise fault(op, name, f"{way.data} has no {name} (it has {', '.join(known)})", remedy)

    def sample(self, op: Sample) -> None:
        if op.query in self.samplers:
            raise fault(op, op.query or "sample", "two samplers have one name", "name each sampler by its query")
        check_plain(op, op.network.inputs, "inputs")
        self.network(op, op.network)
        for name in op.network.outputs:
            if name in op.network.inputs:
                raise fault(op, name, f"{name} is an input and an output", "sample it or take it as given, not both")
        self.samplers.append(op.query)

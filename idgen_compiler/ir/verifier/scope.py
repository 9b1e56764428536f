"""What every program must satisfy, one operation after the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from idgen_compiler.errors import GraphError, ProgramError
from idgen_compiler.forms.policy import names_policy
from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.names import variable_of
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
    Rows,
    Sample,
    Statement,
    Train,
    Weigh,
)
from idgen_compiler.ir.policies import ByModel, Column, Fixed, Moved, Named, Policy, Shifted, Uniform
from idgen_compiler.ir.verifier.faults import check_distinct, check_plain, check_slot, fault, is_endless

__all__ = ["verify_operations"]

_VALUE = re.compile(r"%\w+")


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


class _Scope:
    """The values defined so far."""

    def __init__(self, graph: ADMG) -> None:
        self.graph = graph
        self.data: dict[str, dict[str, None]] = {}  # data set -> its variables, in order and quick to look up
        self.observable: set[str] = set()  # variables of any data set
        self.models: dict[str, Train | Bind | Condition] = {}
        self.laws: dict[str, LawType] = {}
        self.unobserved: frozenset[str] = frozenset()
        self.samplers: list[str] = []

    # -- operations -----------------------------------------------------------------------------------------------

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
        for name in op.variables:
            if name not in op.law.targets and name not in op.law.fixed:
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
        for name in names:
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

    # -- regions --------------------------------------------------------------------------------------------------

    def network(self, op: Operation, network: Network, weighed: bool = False) -> None:
        filled = set(network.inputs)
        check_distinct(op, network.inputs, "inputs")
        for slot in network.inputs:
            check_slot(op, slot)
        for statement in network.statements:
            match statement:
                case Apply():
                    self.apply(op, statement, filled)
                case Rows():
                    self.rows(op, statement)
                case Draw(policy=ByModel(model=model)):
                    raise fault(op, model, f"{model} is a policy in a network", "apply the model instead", statement)
                case Draw():
                    self.draw(op, statement, filled, statement)
                case Assign():
                    self.assign(op, statement, filled)
                case Weigh():
                    self.weigh(op, statement, network, filled, weighed)
            for slot in statement.slots:
                check_slot(op, slot)
                if slot in filled:
                    raise fault(
                        op, slot, f"{slot} is filled twice", "every slot is filled once; add a prime", statement
                    )
                filled.add(slot)
        check_plain(op, network.outputs, "outputs")
        check_distinct(op, network.outputs, "outputs")
        for slot in network.outputs:
            if slot not in filled:
                what = f"no statement fills the output {slot}"
                raise fault(op, slot, what, "sample it, or drop it from the outputs")

    def weigh(self, op: Operation, weigh: Weigh, network: Network, filled: Collection[str], is_allowed: bool) -> None:
        """What is weighed is an input of the condition's network, by a model that is trained."""
        if not is_allowed:
            what = "runs are weighed, which changes what they are runs of"
            raise fault(op, weigh.model, what, "weigh in the network of a condition", weigh)
        self.inputs_of(op, weigh.model, weigh.values, weigh.given, filled, weigh)
        self.check_density(op, weigh.model, weigh)
        if (slot := next((s for s in weigh.values if s not in network.inputs), None)) is not None:
            raise fault(op, slot, f"{slot} is no input, so that its value is not known", "weigh inputs alone", weigh)
        if set(weigh.values) & set(weigh.given):
            raise fault(op, weigh.values[0], f"{weigh.values[0]} is weighed by itself", "give another input", weigh)

    def check_density(self, op: Operation, name: str, line: Statement | None = None) -> None:
        """Rows and runs are weighed by models that are trained: of others nobody knows probabilities."""
        model = self.models[name]
        if isinstance(model, Train):
            return
        how = "bound" if isinstance(model, Bind) else "conditioned"
        what = f"{name} is {how}, so that its probabilities are unknown"
        raise fault(op, name, what, "weigh by a model that is trained, or regenerate", line)

    def assign(self, op: Operation, assign: Assign, filled: Collection[str]) -> None:
        """What a named law reads is filled, and what is moved is an instance of the same variable."""
        name, policy = variable_of(assign.slot), assign.policy
        if isinstance(policy, Uniform | Fixed) or name not in self.observable:
            return self.draw(op, Draw(assign.slot, policy if isinstance(policy, Fixed) else Uniform()), filled, assign)
        if (slot := next((s for s in policy.inputs if s not in filled), None)) is not None:
            what = f"the policy reads {slot}, which is not filled at this point"
            raise fault(op, slot, what, "fill it by an earlier statement", assign)
        if isinstance(policy, Named) and not names_policy(policy.name):
            raise fault(op, assign.slot, f"{policy.name!r} names no policy", "name it by a word, as pi", assign)
        if isinstance(policy, Moved) and (variable_of(policy.slot) != name or is_endless(policy.by)):
            what = f"{assign.slot} is no value of {name} moved by a finite number"
            raise fault(op, assign.slot, what, f"move an instance of {name}", assign)

    def draw(self, op: Operation, draw: Draw, filled: Collection[str], line: Statement | None = None) -> None:
        name = variable_of(draw.slot)
        match draw.policy:
            case Uniform() | Fixed():
                if name not in self.observable:
                    why = f"{name} is no observed variable, so its values are unknown"
                    raise fault(op, draw.slot, why, f"observe {name}, or draw an observed variable", line)
                if isinstance(draw.policy, Fixed) and is_endless(draw.policy.value):
                    raise fault(op, draw.slot, f"{draw.slot} is set to no finite number", "set a finite one", line)
            case ByModel(model, inputs):
                self.inputs_of(op, model, (draw.slot,), inputs, filled, line)
            case Column(data) | Shifted(data, _):
                known = self.variables(op, data)
                if name not in known:
                    raise fault(
                        op, draw.slot, f"the policy {data} has no {name} (it has {', '.join(known)})",
                        self.remedy_for(name, f"draw {name} from a data set that holds it, or from uniform"),
                        line,
                    )  # fmt: skip
                if isinstance(draw.policy, Shifted) and is_endless(draw.policy.by):
                    raise fault(op, draw.slot, f"{draw.slot} is moved by no finite number", "give a finite one", line)

    def rows(self, op: Operation, rows: Rows) -> None:
        known = self.variables(op, rows.data)
        names = [variable_of(slot) for slot in rows.slots]
        often = Counter(names)
        for slot, name in zip(rows.slots, names, strict=True):
            if name not in known:
                raise fault(
                    op, slot, f"the rows of {rows.data} have no {name} (they have {', '.join(known)})",
                    self.remedy_for(name, "take rows of a data set that holds it"), rows,
                )  # fmt: skip
            if often[name] > 1:
                what = f"{name} stands twice in one row"
                raise fault(op, slot, what, "take its instances from rows of their own", rows)
        if not rows.slots:
            raise fault(op, rows.data, "rows fill no slot", "name the slots, or drop the statement", rows)

    def apply(self, op: Operation, apply: Apply, filled: set[str]) -> None:
        self.inputs_of(op, apply.model, apply.slots, apply.inputs, filled, apply)

    def inputs_of(
        self,
        op: Operation,
        name: str,
        slots: tuple[str, ...],
        inputs: tuple[str, ...],
        filled: Collection[str],
        line: Statement | None,
    ) -> None:
        """A model's targets and inputs stand in its order, and the inputs are filled."""
        model = self.model(op, name, line)
        for what, given, named in (("targets", slots, model.targets), ("inputs", inputs, model.inputs)):
            if given != named and tuple(map(variable_of, given)) != named:
                raise fault(
                    op, name, f"{name} has {what} ({', '.join(named)}), not ({', '.join(given)})",
                    f"give its {what} in the model's order", line,
                )  # fmt: skip
        if (slot := next((s for s in inputs if s not in filled), None)) is not None:
            what = f"the input {slot} is not filled at this point"
            raise fault(op, slot, what, "fill it by an earlier statement", line)

    # -- values ---------------------------------------------------------------------------------------------------

    def remedy_for(self, name: str, remedy: str) -> str:
        """What to do about a variable that a data set does not have; one that is never observed has to be bound."""
        return f"no table holds {name}: make it with a bound kernel" if name in self.unobserved else remedy

    def define(self, op: Observe | Train | Bind | Condition | Realize) -> None:
        if not _VALUE.fullmatch(op.result):
            raise fault(op, op.result, f"{op.result!r} is no value name", "write % and then letters, digits or _")
        if op.result in self.data or op.result in self.models:
            raise fault(op, op.result, f"{op.result} is defined twice", "every value has one definition; rename one")

    def variables(self, op: Operation, data: str) -> dict[str, None]:
        if data in self.models:
            raise fault(op, data, f"{data} is a model, not a data set", "name a data set such as %obs")
        if data not in self.data:
            known = ", ".join(self.data) or "none yet"
            raise fault(op, data, f"{data} is used before it is defined", f"data sets so far: {known}")
        return self.data[data]

    def model(self, op: Operation, model: str, line: Statement | None = None) -> Train | Bind | Condition:
        if model not in self.models:
            why = "is a data set, not a model" if model in self.data else "is used before it is trained"
            raise fault(op, model, f"{model} {why}", f"models so far: {', '.join(self.models) or 'none yet'}", line)
        return self.models[model]

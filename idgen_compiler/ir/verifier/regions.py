"""What every sampling network must satisfy, one statement after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from idgen_compiler.forms.policy import names_policy
from idgen_compiler.graph.names import variable_of
from idgen_compiler.ir.operations import Apply, Assign, Draw, Network, Operation, Rows, Statement, Weigh
from idgen_compiler.ir.policies import ByModel, Column, Fixed, Moved, Named, Shifted, Uniform
from idgen_compiler.ir.verifier.faults import check_distinct, check_plain, check_slot, fault, is_endless
from idgen_compiler.ir.verifier.values import Defined

__all__ = ["Regions"]


class Regions(Defined):
    """The checks of networks, given the values defined so far."""

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
        weights = [slot for s in network.statements if isinstance(s, Weigh) for slot in s.values]
        check_distinct(op, weights, "values that are weighed")
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

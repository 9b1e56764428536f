"""The verifier: what every program must satisfy, checked before and after every pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from idgen_compiler.errors import ProgramError
from idgen_compiler.graph.names import NAME, variable_of
from idgen_compiler.ir.operations import (
    UNIFORM,
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
)
from idgen_compiler.ir.text import print_operation, print_statement

__all__ = ["verify_operations"]

_VALUE = re.compile(r"%\w+")
_SLOT = re.compile(rf"{NAME}'*")


def verify_operations(operations: Sequence[Operation]) -> None:
    """Check definitions before uses, bound inputs, produced outputs, policies and models' inputs.

    Raises ProgramError that names the operation, the offender in it and the remedy.
    """
    scope = _Scope()
    for op in operations:
        _CHECKS[type(op)](scope, op)
    if not any(isinstance(op, Observe) for op in operations):
        raise ProgramError("the program observes no data; begin it with `%obs = observe [variables]`")
    if not scope.samplers:
        raise ProgramError("the program has no sampler; end it with `sample (inputs) { ... } -> [outputs]`")


class _Scope:
    """The values defined so far."""

    def __init__(self) -> None:
        self.data: dict[str, dict[str, None]] = {}  # data set -> its variables, in order and quick to look up
        self.models: dict[str, Train] = {}
        self.samplers: list[str] = []

    def define(self, op: Observe | Train | Regenerate | Reweight) -> None:
        if not _VALUE.fullmatch(op.result):
            raise _fault(op, op.result, f"{op.result!r} is no value name", "write % and then letters, digits or _")
        if op.result in self.data or op.result in self.models:
            raise _fault(op, op.result, f"{op.result} is defined twice", "every value has one definition; rename one")

    def variables(self, op: Operation, data: str) -> dict[str, None]:
        if data in self.models:
            raise _fault(op, data, f"{data} is a model, not a data set", "name a data set such as %obs")
        if data not in self.data:
            known = ", ".join(self.data) or "none yet"
            raise _fault(op, data, f"{data} is used before it is defined", f"data sets so far: {known}")
        return self.data[data]

    def model(self, op: Operation, model: str, line: Statement | None = None) -> Train:
        if model not in self.models:
            why = "is a data set, not a model" if model in self.data else "is used before it is trained"
            raise _fault(op, model, f"{model} {why}", f"models so far: {', '.join(self.models) or 'none yet'}", line)
        return self.models[model]


def _fault(op: Operation, offender: str, what: str, remedy: str, line: Statement | None = None) -> ProgramError:
    """The error, with the operation's line (or the statement's) and a caret under the offender."""
    result = "sample" if isinstance(op, Sample) else op.result
    lines = print_operation(op).split("\n")
    text = print_statement(line) if line is not None else lines[0]
    shown = next((shown for shown in lines if shown.strip() == text), lines[0]) if line is not None else lines[0]
    at = re.search(rf"(?<![\w%.']){re.escape(offender)}(?![\w'])", shown)
    if at is None:  # the offender may stand in the closing line of a region
        shown = lines[-1]
        at = re.search(rf"(?<![\w%.']){re.escape(offender)}(?![\w'])", shown)
    caret = f"\n  {' ' * at.start()}{'^' * len(offender)}" if at else ""
    return ProgramError(f"program does not verify: in {result}, {what}\n  {shown}{caret}\n{remedy}", result)


def _distinct(op: Operation, names: Sequence[str], what: str) -> None:
    if len(set(names)) == len(names):
        return
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _fault(op, name, f"{name} stands twice among the {what}", "keep one")
        seen.add(name)


def _plain(op: Operation, names: Iterable[str], what: str) -> None:
    for name in names:
        if not _SLOT.fullmatch(name) or name != variable_of(name):
            raise _fault(op, name, f"{name!r} among the {what} is no plain variable", "use the variable's own name")


def _is_slot(op: Operation, slot: str) -> None:
    if not _SLOT.fullmatch(slot):
        raise _fault(op, slot, f"{slot!r} is no slot", "write a variable's name, with primes for instances")


def _observe(scope: _Scope, op: Observe) -> None:
    if scope.data:
        raise _fault(op, op.result, "the data are observed twice", "use one observe, the first operation")
    scope.define(op)
    _plain(op, op.variables, "variables")
    _distinct(op, op.variables, "variables")
    scope.data[op.result] = dict.fromkeys(op.variables)


def _train(scope: _Scope, op: Train) -> None:
    scope.define(op)
    known = scope.variables(op, op.data)
    if not op.targets:
        raise _fault(op, op.result, "a model needs a target", "write `train %data : target | inputs`")
    named = {*op.targets, *op.inputs}
    if len(named) < len(op.targets) + len(op.inputs):
        _distinct(op, (*op.targets, *op.inputs), "targets and inputs")
    if not known.keys() >= named:
        name = next(n for n in (*op.targets, *op.inputs) if n not in known)
        raise _fault(
            op, name, f"{name} is not among the variables of {op.data} ({', '.join(known)})",
            f"keep {name} in {op.data}, or drop it from the model",
        )  # fmt: skip
    scope.models[op.result] = op


def _draw(scope: _Scope, op: Operation, draw: Draw, line: Statement | None = None) -> None:
    name = variable_of(draw.slot)
    if draw.policy == UNIFORM:
        if not any(name in known for known in scope.data.values()):
            why = f"{name} is no observed variable, so its values are unknown"
            raise _fault(op, draw.slot, why, f"observe {name}, or draw an observed variable", line)
        return
    known = scope.variables(op, draw.policy)
    if name not in known:
        raise _fault(
            op, draw.slot, f"the policy {draw.policy} has no {name} (it has {', '.join(known)})",
            f"draw {name} from a data set that holds it, or from {UNIFORM}", line,
        )  # fmt: skip


def _rows(scope: _Scope, op: Operation, rows: Rows) -> None:
    known = scope.variables(op, rows.data)
    names = [variable_of(slot) for slot in rows.slots]
    for slot, name in zip(rows.slots, names, strict=True):
        if name not in known:
            raise _fault(
                op, slot, f"the rows of {rows.data} have no {name} (they have {', '.join(known)})",
                "take rows of a data set that holds it", rows,
            )  # fmt: skip
        if names.count(name) > 1:
            raise _fault(op, slot, f"{name} stands twice in one row", "take its instances from rows of their own", rows)
    if not rows.slots:
        raise _fault(op, rows.data, "rows fill no slot", "name the slots, or drop the statement", rows)


def _regenerate(scope: _Scope, op: Regenerate) -> None:
    scope.define(op)
    for draw in op.do:
        _draw(scope, op, draw)
    given = tuple(d.slot for d in op.do)
    if given != op.network.inputs:
        offender = next(iter(sorted(set(given) ^ set(op.network.inputs)) or given))
        raise _fault(op, offender, "the network's inputs are not the slots of do(...)", "let both name the same slots")
    _network(scope, op, op.network)
    scope.data[op.result] = dict.fromkeys(op.network.outputs)


def _reweight(scope: _Scope, op: Reweight) -> None:
    scope.define(op)
    known = scope.variables(op, op.data)
    _distinct(op, [d.slot for d in op.do], "slots of do(...)")
    if len(op.do) != len(op.by):
        raise _fault(
            op, op.result, f"{len(op.do)} draws are weighed by {len(op.by)} models",
            "give one model of P(x | its inputs) for each draw, in the same order",
        )  # fmt: skip
    for draw, by in zip(op.do, op.by, strict=True):
        _draw(scope, op, draw)
        model = scope.model(op, by)
        if model.targets != (draw.slot,):
            raise _fault(op, by, f"{by} models {', '.join(model.targets)}, not {draw.slot}", "name its own model")
    for name in (*(d.slot for d in op.do), *op.variables, *(n for by in op.by for n in scope.models[by].inputs)):
        if name not in known:
            raise _fault(op, name, f"{op.data} has no {name} (it has {', '.join(known)})", "keep it there")
    _distinct(op, op.variables, "variables")
    scope.data[op.result] = dict.fromkeys(op.variables)


def _sample(scope: _Scope, op: Sample) -> None:
    if op.query in scope.samplers:
        raise _fault(op, op.query or "sample", "two samplers have one name", "name each sampler by its query")
    _plain(op, op.network.inputs, "inputs")
    _network(scope, op, op.network)
    for name in op.network.outputs:
        if name in op.network.inputs:
            raise _fault(op, name, f"{name} is an input and an output", "sample it or take it as given, not both")
    scope.samplers.append(op.query)


def _network(scope: _Scope, op: Operation, network: Network) -> None:
    filled = set(network.inputs)
    _distinct(op, network.inputs, "inputs")
    for slot in network.inputs:
        _is_slot(op, slot)
    for statement in network.statements:
        if isinstance(statement, Apply):
            _apply(scope, op, statement, filled)
        elif isinstance(statement, Rows):
            _rows(scope, op, statement)
        else:
            _draw(scope, op, statement, statement)
        for slot in statement.slots:
            _is_slot(op, slot)
            if slot in filled:
                raise _fault(op, slot, f"{slot} is filled twice", "every slot is filled once; add a prime", statement)
            filled.add(slot)
    _plain(op, network.outputs, "outputs")
    _distinct(op, network.outputs, "outputs")
    for slot in network.outputs:
        if slot not in filled:
            raise _fault(op, slot, f"no statement fills the output {slot}", "sample it, or drop it from the outputs")


def _apply(scope: _Scope, op: Operation, apply: Apply, filled: set[str]) -> None:
    model = scope.model(op, apply.model, apply)
    for what, slots, names in (("targets", apply.slots, model.targets), ("inputs", apply.inputs, model.inputs)):
        if slots != names and tuple(map(variable_of, slots)) != names:
            raise _fault(
                op, apply.model, f"{apply.model} has {what} ({', '.join(names)}), not ({', '.join(slots)})",
                f"give its {what} in the model's order", apply,
            )  # fmt: skip
    if not filled.issuperset(apply.inputs):
        slot = next(s for s in apply.inputs if s not in filled)
        raise _fault(
            op, slot, f"the input {slot} is not filled at this point", "fill it by an earlier statement", apply
        )


_CHECKS: dict[type, Callable[..., None]] = {
    Observe: _observe,
    Train: _train,
    Regenerate: _regenerate,
    Reweight: _reweight,
    Sample: _sample,
}

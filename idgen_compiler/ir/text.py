"""The text form of a program, printed for people; `grammar` reads it back to the same program."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from idgen_compiler.forms.spelling import spelled, spelled_all
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
    Way,
    Weigh,
)
from idgen_compiler.ir.policies import Assignment, ByModel, Column, Fixed, Moved, Named, Policy, Shifted, Uniform

__all__ = ["conditional_of", "law_of", "print_operation", "print_policy", "print_program", "print_statement"]

_COMMENT_COLUMN = 52


def print_program(name: str, graph: str, operations: Sequence[Operation]) -> str:
    """The whole program, one operation or statement a line; a model's comment is the conditional that it computes."""
    width = max((len(op.result) for op in operations if not isinstance(op, Sample)), default=0)
    laws = {op.result: op for op in operations if isinstance(op, Realize)}
    lines = [f"program {_quoted(name)} {{", f"  graph {_quoted(graph)}"]
    for op in operations:
        lines += ["  " + line for line in _operation_lines(op, width, _comment(op, name, laws))]
    return "\n".join([*lines, "}"])


def print_operation(op: Operation) -> str:
    """One operation, as it stands in a program."""
    return "\n".join(_operation_lines(op, 0, ""))


def print_statement(statement: Statement) -> str:
    """One statement of a network."""
    match statement:
        case Draw(slot, policy):
            return f"{spelled(slot)} ~ {print_policy(policy)}"
        case Assign(slot, policy):
            return f"{spelled(slot)} := {print_policy(policy)}"
        case Rows(slots, data):
            return f"{_slots(slots)} ~ rows {data}"
        case Apply(slots, model, inputs):
            return f"{_slots(slots)} ~ {model}({spelled_all(inputs)})"
        case Weigh(values, model, given):
            return f"weigh {_slots(values)} by {model}({spelled_all(given)})"


def print_policy(policy: Policy | Assignment) -> str:
    """A policy as it stands after `~` or `:=`."""
    match policy:
        case Column(data):
            return data
        case Uniform():
            return "uniform"
        case Fixed(value):
            return json.dumps(value, ensure_ascii=False)
        case Shifted(data, by):
            return f"{data} {'-' if by < 0 else '+'} {json.dumps(abs(by))}"
        case ByModel(model, inputs):
            return f"{model}({spelled_all(inputs)})"
        case Named(name, inputs):
            return f"{name}({spelled_all(inputs)})"
        case Moved(slot, by):
            return f"{spelled(slot)} {'-' if by < 0 else '+'} {json.dumps(abs(by))}"


def conditional_of(op: Train | Bind | Condition, law: Realize | None) -> str:
    """What a model computes: P(Y | X ; do(W)), in the law of its data set, or in P(V) for None.

    P(Y | X ; W := pi()) where a policy of the query draws W.
    """
    if isinstance(op, Condition):
        fixed, after = op.law.fixed, f" ; do({spelled_all(op.law.fixed)})" if op.law.fixed else ""
    else:
        fixed, after = law.law.fixed if law else (), _after(law)
    given = [name for name in op.inputs if name not in fixed]
    right = f" | {spelled_all(given)}" if given else ""
    return f"P({spelled_all(op.targets)}{right}{after})"


def law_of(op: Realize) -> str:
    """The law of a data set, with what its policies draw: P(X, Y ; do(W), X := pi(W))."""
    return f"P({spelled_all(op.law.targets)}{_after(op)})"


def _after(op: Realize | None) -> str:
    """What was set and drawn in a law."""
    if op is None:
        return ""
    done = [f"do({spelled_all(op.law.fixed)})"] if op.law.fixed else []
    drawn = (s for way in op.ways if isinstance(way, Regenerate) for s in way.network.statements)
    done += [print_statement(s) for s in drawn if isinstance(s, Assign)]
    return f" ; {', '.join(done)}" if done else ""


def _comment(op: Operation, name: str, laws: Mapping[str, Realize]) -> str:
    match op:
        case Train():
            return conditional_of(op, laws.get(op.data))
        case Bind() | Condition():
            return conditional_of(op, None)
        case Sample(query=""):
            return name
    return ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _slots(slots: Sequence[str]) -> str:
    return spelled(slots[0]) if len(slots) == 1 else f"({spelled_all(slots)})"


def _list(names: Sequence[str]) -> str:
    return f"[{spelled_all(names)}]"


def _typed(law: LawType) -> str:
    return f"{law} on {_quoted(law.graph)}" if law.graph else str(law)


def _do(draws: Sequence[Draw]) -> str:
    return f"do({', '.join(map(print_statement, draws))})"


def _operation_lines(op: Operation, width: int, comment: str) -> list[str]:
    left = "" if isinstance(op, Sample) else f"{op.result.ljust(width)} = "
    tail: list[str] = []
    match op:
        case Observe():
            source = f"{_quoted(op.source)} " if op.source else ""
            lacks = f" lacks {_list(op.unobserved)}" if op.unobserved else ""
            head = f"{left}observe {source}{_list(op.variables)}{lacks}"
        case Train():
            given = f" | {spelled_all(op.inputs)}" if op.inputs else ""
            head = f"{left}train {op.data} : {spelled_all(op.targets)}{given}"
            for network in op.condition:
                tail += ["  or condition {", *("  " + line for line in _statement_lines(network)), "  }"]
        case Bind(targets=targets, inputs=inputs, function=True):
            head = f"{left}bind {spelled_all(targets)} = ({spelled_all(inputs)})"
        case Bind(targets=targets, inputs=inputs, fallback=fallback):
            given = f" | {spelled_all(inputs)}" if inputs else ""
            head = f"{left}bind {spelled_all(targets)}{given}{''.join(f' or {model}' for model in fallback)}"
        case Condition():
            given = f" | {spelled_all(op.inputs)}" if op.inputs else ""
            head = f"{left}condition {_typed(op.law)} : {spelled_all(op.targets)}{given} {{"
            tail = [*_statement_lines(op.network), "}"]
        case Realize():
            head = f"{left}realize {_typed(op.law)} -> {_list(op.variables)} {{"
            for number, way in enumerate(op.ways):
                first, *rest = _way_lines(way)
                tail += ["  " + ("or " if number else "") + first, *("  " + line for line in rest)]
            tail.append("}")
        case Sample():
            name = f"{_quoted(op.query)} " if op.query else ""
            head = f"sample {name}({spelled_all(op.network.inputs)}) {{"
            tail = [*_statement_lines(op.network), f"}} -> {_list(op.network.outputs)}"]
    if comment:
        head = f"{head.ljust(_COMMENT_COLUMN)}  # {' '.join(comment.split())}"
    return [head, *tail]


def _way_lines(way: Way) -> list[str]:
    match way:
        case Regenerate():
            return [f"regenerate {_do(way.do)} {{", *_statement_lines(way.network), "}"]
        case Reweight():
            by = f" by {', '.join(way.by)}" if way.by else ""
            return [f"reweight {way.data} {_do(way.do)}{by}"]


def _statement_lines(network: Network) -> list[str]:
    return ["  " + print_statement(statement) for statement in network.statements]

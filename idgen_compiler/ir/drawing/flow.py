"""A program as a drawing: what flows into what, without saying in which language it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from idgen_compiler.ir.analysis import uses
from idgen_compiler.ir.operands import Role, leaves
from idgen_compiler.ir.operations import (
    Assign,
    Bind,
    Condition,
    Draw,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Rows,
    Sample,
    Train,
    Weigh,
)
from idgen_compiler.ir.text import print_statement

__all__ = ["Arrow", "Box", "Dataflow", "Node", "dataflow"]

NodeKind = Literal["data", "model", "input", "draw", "slot", "output"]
ArrowKind = Literal["rows", "policy", "model", "value"]


@dataclass(frozen=True, slots=True)
class Node:
    """A data set, a model, or the slots that one statement of a network fills."""

    key: str  #: unique in its drawing: %obs, or %reg0/X for a slot
    lines: tuple[str, ...]
    kind: NodeKind


@dataclass(frozen=True, slots=True)
class Arrow:
    """Rows on which a model trains or that a data set keeps, a policy, a model that is applied, or a slot's value."""

    tail: str
    head: str
    kind: ArrowKind


@dataclass(frozen=True, slots=True)
class Box:
    """One sampling network, drawn as a frame around its statements."""

    key: str
    title: str
    nodes: tuple[Node, ...]


@dataclass(slots=True)
class Dataflow:
    """The whole drawing, in the program's order."""

    nodes: list[Node] = field(default_factory=list)  #: those outside every box
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def dataflow(operations: Sequence[Operation]) -> Dataflow:
    """The drawing of verified operations."""
    flow = Dataflow()
    for op in operations:
        match op:
            case Observe():
                flow.nodes.append(Node(op.result, (op.result, f"observe {', '.join(op.variables)}"), "data"))
            case Train() | Bind():
                conditional = f"P({', '.join(op.targets)}{' | ' if op.inputs else ''}{', '.join(op.inputs)})"
                brought = ("bound",) if isinstance(op, Bind) else ()
                flow.nodes.append(Node(op.result, (op.result, *brought, conditional), "model"))
                if isinstance(op, Train):
                    flow.arrows.append(Arrow(op.data, op.result, "rows"))
                    for network in op.condition:
                        _conditioned(flow, op.result, f"or condition {op.result}", network)
            case Realize():
                _realized(flow, op)
            case Condition():
                given = f" | {', '.join(op.inputs)}" if op.inputs else ""
                lines = (op.result, "condition", f"P({', '.join(op.targets)}{given})")
                flow.nodes.append(Node(op.result, lines, "model"))
                _conditioned(flow, op.result, f"condition {op.result}", op.network)
            case Sample():
                key = f"sample {op.query}".strip()
                _network(flow, key, f"{key} ({', '.join(op.network.inputs)})", op.network, ())
            case _:
                _plain(flow, op)
    return flow


def _plain(flow: Dataflow, op: Any) -> None:
    """A node for an operation, by what it defines, with an arrow for each value that it uses."""
    flow.nodes.append(Node(op.result, (op.result, op.word), op.defines))
    flow.arrows += [Arrow(value, op.result, "rows") for value in _unique(leaves(op, Role.DATA))]
    flow.arrows += [Arrow(value, op.result, "model") for value in _unique(leaves(op, Role.MODEL))]


def _realized(flow: Dataflow, op: Realize) -> None:
    lines = [op.result]
    for way in op.ways:
        do = ", ".join(map(print_statement, way.do))
        lines.append(f"{way.word}d do({do})" if isinstance(way, Regenerate) else f"{way.word}ed do({do})")
    flow.nodes.append(Node(op.result, (*lines, ", ".join(op.variables)), "data"))
    for way in op.ways:
        if isinstance(way, Regenerate):
            _network(flow, op.result, f"regenerate {op.result} do({', '.join(map(print_statement, way.do))})",
                     way.network, way.do)  # fmt: skip
            slots = _owners(op.result, way.network)
            flow.arrows += [Arrow(key, op.result, "rows") for key in _unique(slots[s] for s in way.network.outputs)]
        else:
            flow.arrows.append(Arrow(way.data, op.result, "rows"))
            flow.arrows += [Arrow(by, op.result, "model") for by in _unique(way.by)]
            policies = _unique(value for draw in way.do for value in uses(draw.policy))
            flow.arrows += [Arrow(value, op.result, "policy") for value in policies if value != way.data]


def _conditioned(flow: Dataflow, name: str, title: str, network: Network) -> None:
    """The network of a condition, whose outputs are what the model of this name draws."""
    _network(flow, name, title, network, ())
    owners = _owners(name, network)
    flow.arrows += [Arrow(key, name, "value") for key in _unique(owners[slot] for slot in network.outputs)]


def _unique(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))


def _owners(box: str, network: Network) -> dict[str, str]:
    """Slot -> the key of the node that fills it."""
    owners = {slot: f"{box}/{slot}" for slot in network.inputs}
    for statement in network.statements:
        owners.update(dict.fromkeys(statement.slots, f"{box}/{','.join(statement.slots)}"))
    return owners


def _network(flow: Dataflow, box: str, title: str, network: Network, do: Sequence[Draw]) -> None:
    owners = _owners(box, network)
    drawn = {d.slot: d for d in do}
    nodes = [Node(owners[slot], (slot,), "draw" if slot in drawn else "input") for slot in network.inputs]
    draws = [*do, *(s for s in network.statements if isinstance(s, Draw))]
    flow.arrows += [Arrow(value, owners[d.slot], "policy") for d in draws for value in uses(d.policy)]
    flow.arrows += [Arrow(owners[slot], owners[d.slot], "value") for d in draws for slot in d.inputs]
    for number, statement in enumerate(network.statements):
        key = owners[statement.slots[0]] if statement.slots else f"{box}/weigh{number}"
        if isinstance(statement, Weigh):
            nodes.append(Node(key, (print_statement(statement),), "slot"))
            flow.arrows.append(Arrow(statement.model, key, "model"))
            flow.arrows += [Arrow(tail, key, "value") for tail in _unique(owners[slot] for slot in statement.inputs)]
            continue
        if isinstance(statement, Assign):
            flow.arrows += [Arrow(tail, key, "value") for tail in _unique(owners[slot] for slot in statement.inputs)]
        if isinstance(statement, Draw | Assign):
            nodes.append(Node(key, (print_statement(statement),), "draw"))
            continue
        if isinstance(statement, Rows):
            nodes.append(Node(key, (print_statement(statement),), "draw"))
            flow.arrows.append(Arrow(statement.data, key, "policy"))
            continue
        kept = any(slot in network.outputs for slot in statement.slots)
        nodes.append(Node(key, (f"{', '.join(statement.slots)} ~ {statement.model}",), "output" if kept else "slot"))
        flow.arrows.append(Arrow(statement.model, key, "model"))
        flow.arrows += [Arrow(tail, key, "value") for tail in _unique(owners[slot] for slot in statement.inputs)]
    flow.boxes.append(Box(box, title, tuple(nodes)))

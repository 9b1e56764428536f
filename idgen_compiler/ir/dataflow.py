"""A program as a drawing: what flows into what, without saying in which language it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from idgen_compiler.ir.operations import (
    UNIFORM,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Train,
)

__all__ = ["Arrow", "Box", "Flow", "Node", "dataflow"]

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
class Flow:
    """The whole drawing, in the program's order."""

    nodes: list[Node] = field(default_factory=list)  #: those outside every box
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def dataflow(operations: Sequence[Operation]) -> Flow:
    """The drawing of verified operations."""
    flow = Flow()
    for op in operations:
        match op:
            case Observe():
                flow.nodes.append(Node(op.result, (op.result, f"observe {', '.join(op.variables)}"), "data"))
            case Train():
                flow.nodes.append(Node(op.result, (op.result, _conditional(op)), "model"))
                flow.arrows.append(Arrow(op.data, op.result, "rows"))
            case Regenerate():
                do = ", ".join(f"{d.slot} ~ {d.policy}" for d in op.do)
                _network(flow, op.result, f"regenerate {op.result} do({do})", op.network, op.do)
                flow.nodes.append(Node(op.result, (op.result, f"regenerated {', '.join(op.variables)}"), "data"))
                slots = _owners(op.result, op.network)
                flow.arrows += [Arrow(key, op.result, "rows") for key in _unique(slots[s] for s in op.network.outputs)]
            case Reweight():
                do = ", ".join(f"{d.slot} ~ {d.policy}" for d in op.do)
                lines = (op.result, f"reweighted do({do})", ", ".join(op.variables))
                flow.nodes.append(Node(op.result, lines, "data"))
                flow.arrows.append(Arrow(op.data, op.result, "rows"))
                flow.arrows += [Arrow(by, op.result, "model") for by in _unique(op.by)]
                flow.arrows += [
                    Arrow(d.policy, op.result, "policy") for d in op.do if d.policy not in (UNIFORM, op.data)
                ]
            case Sample():
                key = f"sample {op.query}".strip()
                _network(flow, key, f"{key} ({', '.join(op.network.inputs)})", op.network, ())
    return flow


def _conditional(op: Train) -> str:
    return f"P({', '.join(op.targets)}{' | ' if op.inputs else ''}{', '.join(op.inputs)})"


def _unique(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(keys))


def _owners(box: str, network: Network) -> dict[str, str]:
    """Slot -> the key of the node that fills it."""
    owners = {slot: f"{box}/{slot}" for slot in network.inputs}
    for statement in network.statements:
        owners.update(dict.fromkeys(statement.slots, f"{box}/{','.join(statement.slots)}"))
    return owners


def _network(flow: Flow, box: str, title: str, network: Network, do: Sequence[Draw]) -> None:
    owners = _owners(box, network)
    drawn = {d.slot: d for d in do}
    nodes = [Node(owners[slot], (slot,), "draw" if slot in drawn else "input") for slot in network.inputs]
    draws = [*do, *(s for s in network.statements if isinstance(s, Draw))]
    flow.arrows += [Arrow(d.policy, owners[d.slot], "policy") for d in draws if d.policy != UNIFORM]
    for statement in network.statements:
        key = owners[statement.slots[0]]
        if isinstance(statement, Draw):
            nodes.append(Node(key, (f"{statement.slot} ~ {statement.policy}",), "draw"))
            continue
        if isinstance(statement, Rows):
            nodes.append(Node(key, (f"{', '.join(statement.slots)} ~ rows {statement.data}",), "draw"))
            flow.arrows.append(Arrow(statement.data, key, "policy"))
            continue
        kept = any(slot in network.outputs for slot in statement.slots)
        nodes.append(Node(key, (f"{', '.join(statement.slots)} ~ {statement.model}",), "output" if kept else "slot"))
        flow.arrows.append(Arrow(statement.model, key, "model"))
        flow.arrows += [Arrow(tail, key, "value") for tail in _unique(owners[slot] for slot in statement.inputs)]
    flow.boxes.append(Box(box, title, tuple(nodes)))

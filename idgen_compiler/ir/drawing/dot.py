"""A program's dataflow as DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.ir.drawing.flow import ArrowKind, Node, NodeKind, dataflow
from idgen_compiler.ir.operations import Operation

__all__ = ["print_dot"]

_SHAPES: dict[NodeKind, str] = {
    "data": "shape=cylinder",
    "model": "shape=box, style=rounded",
    "input": "shape=parallelogram",
    "draw": "shape=diamond",
    "slot": "shape=ellipse",
    "output": "shape=ellipse, peripheries=2",
}
_STROKES: dict[ArrowKind, str] = {
    "rows": "style=bold",
    "policy": "style=dashed",
    "model": "style=dotted",
    "value": "style=solid",
}


def print_dot(name: str, operations: Sequence[Operation]) -> str:
    """The dataflow of verified operations.

    Cylinders are data sets, round boxes models, frames sampling networks; in these parallelograms are inputs, diamonds
    free draws and doubled ellipses outputs. Bold arrows carry rows, dashed ones policies, dotted ones models.
    """
    flow = dataflow(operations)
    lines = [f"  label={_quoted(name)};", "  rankdir=LR;"]
    lines += [f"  {_node(node)}" for node in flow.nodes]
    for k, box in enumerate(flow.boxes):
        lines += [f"  subgraph cluster_{k} {{", f"    label={_quoted(box.title)};"]
        lines += [f"    {_node(node)}" for node in box.nodes]
        lines.append("  }")
    lines += [f"  {_quoted(a.tail)} -> {_quoted(a.head)} [{_STROKES[a.kind]}];" for a in flow.arrows]
    return "\n".join(["digraph {", *lines, "}"])


def _node(node: Node) -> str:
    return f"{_quoted(node.key)} [{_SHAPES[node.kind]}, label={_quoted(*node.lines)}];"


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") for line in lines)
    return '"' + "\\n".join(escaped) + '"'

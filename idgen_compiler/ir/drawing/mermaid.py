"""A program's dataflow as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Sequence

from idgen_compiler.ir.drawing.flow import ArrowKind, Node, NodeKind, dataflow
from idgen_compiler.ir.operations import Operation

__all__ = ["print_mermaid"]

_SHAPES: dict[NodeKind, tuple[str, str]] = {
    "data": ("[(", ")]"),
    "model": ("(", ")"),
    "input": ("[/", "/]"),
    "draw": ("{{", "}}"),
    "slot": ("([", "])"),
    "output": ("(((", ")))"),
}
_STROKES: dict[ArrowKind, str] = {"rows": "==>", "policy": "-. policy .->", "model": "-.->", "value": "-->"}


def print_mermaid(operations: Sequence[Operation]) -> str:
    """The dataflow of verified operations.

    Cylinders are data sets, boxes models, frames sampling networks; in these parallelograms are inputs, hexagons free
    draws and doubled circles outputs. Thick arrows carry rows, dotted ones models and policies.
    """
    flow = dataflow(operations)
    every = [*flow.nodes, *(node for box in flow.boxes for node in box.nodes)]
    number = {node.key: f"n{k}" for k, node in enumerate(every)}
    lines = [f"  {_node(node, number)}" for node in flow.nodes]
    for k, box in enumerate(flow.boxes):
        lines.append(f"  subgraph box{k} [{_quoted(box.title)}]")
        lines += [f"    {_node(node, number)}" for node in box.nodes]
        lines.append("  end")
    lines += [f"  {number[a.tail]} {_STROKES[a.kind]} {number[a.head]}" for a in flow.arrows]
    return "\n".join(["flowchart LR", *lines])


def _node(node: Node, number: dict[str, str]) -> str:
    left, right = _SHAPES[node.kind]
    return f"{number[node.key]}{left}{_quoted(*node.lines)}{right}"


def _quoted(*lines: str) -> str:
    """A label in quotes; Mermaid reads a quote inside one as an entity."""
    return '"' + "<br/>".join(line.replace('"', "#quot;").replace("\n", " ") for line in lines) + '"'

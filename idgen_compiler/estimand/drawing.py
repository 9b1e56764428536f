"""The nodes of an estimand as a picture: DOT for Graphviz, Mermaid for documentation pages.

Each node is drawn once however often it is used, with arrows from parts to wholes; a dashed arrow leads from a law to
the intervened law that is computed from it.
"""

from __future__ import annotations

from idgen_compiler.estimand.nodes import (
    Conditional,
    Free,
    Intervened,
    Kernel,
    Law,
    Marginal,
    Names,
    Observed,
    Product,
    Renamed,
)
from idgen_compiler.estimand.policies import Governed, Policy
from idgen_compiler.estimand.tree import walk

__all__ = ["to_dot", "to_mermaid"]


def to_dot(kernel: Kernel) -> str:
    """The nodes in DOT: laws are boxes, every other kernel an ellipse."""
    number = {node: f"k{i}" for i, node in enumerate(walk(kernel))}
    lines = [
        f"{key} [label={_quoted(node)}{', shape=box' if isinstance(node, Law) else ''}]" for node, key in number.items()
    ]
    for below, above, is_law in _edges(number):
        lines.append(f"{number[below]} -> {number[above]}{' [style=dashed]' if is_law else ''}")
    return "\n".join(["digraph {", "  rankdir=BT;", *(f"  {line};" for line in lines), "}"])


def to_mermaid(kernel: Kernel) -> str:
    """The nodes as a Mermaid flowchart: laws are boxes, every other kernel is round."""
    number = {node: f"k{i}" for i, node in enumerate(walk(kernel))}
    lines = [
        f'{key}["{_entity(node)}"]' if isinstance(node, Law) else f'{key}(["{_entity(node)}"])'
        for node, key in number.items()
    ]
    for below, above, is_law in _edges(number):
        lines.append(f"{number[below]} {'-.->' if is_law else '-->'} {number[above]}")
    return "\n".join(["flowchart BT", *("  " + line for line in lines)])


def _edges(nodes: dict[Kernel, str]) -> list[tuple[Kernel, Kernel, bool]]:
    """(part, whole, whether the part is the law that the whole was computed from)."""
    return [(part, node, part not in node.made_of) for node in nodes for part in node.parts]


def _quoted(node: Kernel) -> str:
    """The label as DOT quotes it."""
    return '"' + _label(node).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _entity(node: Kernel) -> str:
    """The label as Mermaid holds it between quotes."""
    return _label(node).replace('"', "#quot;")


def _label(node: Kernel) -> str:
    match node:
        case Observed():
            return f"P({_list(node.targets)})"
        case Intervened():
            return f"P({_list(node.targets)} ; do({_list(node.inputs)}))"
        case Governed() | Policy():
            return str(node)
        case Conditional():
            return f"{_list(node.to)} | {_list(node.given)}" if node.given else _list(node.to)
        case Product():
            return "product"
        case Marginal():
            return f"sum over {_list(node.over)}"
        case Free():
            return f"any {_list(node.over)}"
        case Renamed():
            return ", ".join(f"{old} as {new}" for old, new in node.names)
    raise TypeError(f"no drawing for {type(node).__name__}")


def _list(names: Names) -> str:
    return ", ".join(names)

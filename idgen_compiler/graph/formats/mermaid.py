"""Graphs as Mermaid flowcharts, which many documentation pages draw."""

from __future__ import annotations

from idgen_compiler.graph.edges import EdgeList
from idgen_compiler.graph.formats.format import Format, register

__all__ = ["MERMAID", "print_mermaid"]


def print_mermaid(graph: EdgeList) -> str:
    """A graph as a Mermaid flowchart: bidirected edges dotted, fixed vertices as boxes, the others round.

    Vertices carry numbers, since a name may be one of Mermaid's own words.
    """
    number = {name: f"v{i}" for i, name in enumerate(graph.nodes)}
    shown = {name: name.replace("#", "#35;").replace('"', "#quot;") for name in number}
    lines = [f'{v}["{shown[n]}"]' if n in graph.fixed else f'{v}(["{shown[n]}"])' for n, v in number.items()]
    lines += [f"{number[a]} --> {number[b]}" for a, b in graph.directed]
    lines += [f"{number[a]} <-.-> {number[b]}" for a, b in graph.bidirected]
    return "\n".join(["flowchart LR", *("  " + line for line in lines)])


MERMAID = register(Format("mermaid", writer=print_mermaid))

"""The hedge that makes a query not identifiable, drawn: as text and as DOT."""

from __future__ import annotations

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.graph.formats.braces import quote

__all__ = ["hedge_dot", "sketch_hedge"]

Sets = tuple[frozenset[str], frozenset[str]]


def sketch_hedge(graph: ADMG, hedge: Sets) -> str:
    """The graph in plain text, the vertices of the hedge (F, F') marked.

    [Y] stands in F' (and so in F), (X) in F only. `hedge` is that of `NotIdentifiable`.
    Raises GraphError for a hedge of another graph.
    """
    outer, inner = hedge
    labels = {v: f"[{v}]" if v in inner else f"({v})" for v in graph.sorted(outer | inner)}
    plain = {v: f" {v} " for v in graph.order}
    return f"{graph.sketch(plain | labels)}\n[ ] in F' and F, ( ) in F only"


def hedge_dot(graph: ADMG, hedge: Sets) -> str:
    """The graph in DOT, the hedge (F, F') highlighted: F' filled, F with a heavy border, their edges red.

    It reads back as the same graph.  Raises GraphError for a hedge of another graph.
    """
    outer, inner = hedge
    graph.mask_of(outer | inner)
    names = {name: quote(name) for name in graph.order}
    lines = []
    for v in graph.order:
        shape = ["shape=box", "fixed=yes"] if v in graph.fixed else []
        if v in inner:
            shape += ['style="filled,bold"', "color=red", "fillcolor=mistyrose"]
        elif v in outer:
            shape += ["style=bold", "color=red"]
        lines.append(f"{names[v]} [{', '.join(shape)}]" if shape else names[v])
    for a, b in graph.directed:
        lines.append(f"{names[a]} -> {names[b]}" + (" [color=red]" if {a, b} <= outer else ""))
    for a, b in graph.bidirected:
        red = ", color=red" if {a, b} <= outer else ""
        lines.append(f"{names[a]} -> {names[b]} [dir=both, style=dashed{red}]")
    return "\n".join(["digraph {", *(f"  {line};" for line in lines), "}"])

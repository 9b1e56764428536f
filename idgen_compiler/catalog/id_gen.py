"""Graphs of the method's paper.

Source: Rahman, Jordan and Kocaoglu, "Conditional Generative Models are Sufficient to Sample from Any Causal Effect
Estimand" (NeurIPS 2024).
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

PAPER = "Rahman, Jordan and Kocaoglu (2024)"

ENTRIES = (
    Entry(
        name="xray-report",
        title="From an X-ray to a report, across hospitals",
        graph="X -> S -> R; X <-> R",
        query="P(R | do(X))",
        identifiable=True,
        source=f"{PAPER}, figure 1, top",
        lesson="A front door whose X is an image: the sum over x' becomes a second, independent X'.",
    ),
    Entry(
        name="cyclic",
        title="Two factors that wait for each other",
        graph="X -> W1 -> W2 -> Y; X <-> W2; W1 <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{PAPER}, figures 2 and 8",
        lesson="P(w2 | do(x, w1)) needs w1, P(w1, y | do(x, w2)) needs w2; variable by variable, no circle is left.",
    ),
    Entry(
        name="napkin-top",
        title="The napkin, set at its first variable",
        graph="W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
        query="P(Y | do(W1))",
        identifiable=True,
        source=f"{PAPER}, figure 3",
        lesson="Line 4 makes three factors, and one of them goes through line 7.",
    ),
    Entry(
        name="prescription",
        title="What a detector would see if prescriptions were set",
        graph="""R -> W2; W3 -> W4; W2 <-> W3
W2 -> W1; W3 -> W1; W4 -> W1
W1 -> X; W2 -> X; W3 -> X; W4 -> X
R <-> X; R <-> W1""",
        query="P(W1, W2, W3, W4, X | do(R))",
        identifiable=True,
        source=f"{PAPER}, figure 7; the edges are those that equation (1) of its appendix C.1 speaks of",
        lesson="Four factors, two of them in the law of a district that holds R itself.",
    ),
)

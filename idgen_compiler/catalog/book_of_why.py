"""The five games of back-door adjustment, and other examples of a popular book.

Source: Pearl and Mackenzie, "The Book of Why" (2018).
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

BOOK = "Pearl and Mackenzie (2018), The Book of Why, chapter 4"

ENTRIES = (
    Entry(
        name="game-1",
        title="Nothing to adjust for",
        graph="X -> A -> Y; A -> B",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{BOOK}, game 1",
        lesson="No arrow points into X; adjusting for A or its effect B would block what is asked about.",
        formula="P(y | x)",
        tags=("back-door", "game"),
    ),
    Entry(
        name="game-2",
        title="A collider already blocks the way",
        graph="A -> X; A -> B; C -> B; D -> C; D -> E -> Y; X -> E",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{BOOK}, game 2",
        lesson="The back-door path runs into a collider at B, so nothing is adjusted for.",
        formula="P(y | x)",
        tags=("back-door", "collider", "game"),
    ),
    Entry(
        name="game-3",
        title="One confounder in the midst",
        graph="B -> A; B -> X; B -> Y; X -> Y; X -> A",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{BOOK}, game 3",
        lesson="Only B opens a back door; A is an effect of both and stays out.",
        formula="Σ_b P(y | x, b) P(b)",
        tags=("back-door", "game"),
    ),
    Entry(
        name="game-4",
        title="M-bias with everything hidden but the collider",
        graph="X <-> B <-> Y; X -> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{BOOK}, game 4",
        lesson="B comes before treatment, correlates with both, and is no confounder.",
        formula="P(y | x)",
        tags=("collider", "game"),
    ),
    Entry(
        name="game-5",
        title="An M with an arrow out of its middle",
        graph="A -> X; A -> B; C -> B; C -> Y; B -> X; X -> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{BOOK}, game 5",
        lesson="Adjusting for C alone suffices, or for A and B together.",
        formula="Σ_c P(y | x, c) P(c)",
        tags=("back-door", "collider", "game"),
    ),
    Entry(
        name="game-5-other-set",
        title="The same game with the other set",
        graph="A -> X; A -> B; C -> B; C -> Y; B -> X; X -> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{BOOK}, game 5",
        lesson="Two formulas that look different and are equal.",
        formula="Σ_{a, b} P(y | x, a, b) P(a, b)",
        tags=("back-door", "collider", "game"),
    ),
    Entry(
        name="birth-weight",
        title="The birth-weight paradox",
        graph="S -> B -> M; S -> M; B <-> M",
        query="P(M | do(S), B)",
        identifiable=True,
        source="Hernández-Díaz, Schisterman and Hernán (2006), The birth weight paradox uncovered?",
        lesson="Among the lightest, smoking looks protective: the formula is right, the reading as an effect is not.",
        formula="P(m | s, b)",
        tags=("collider", "conditional"),
    ),
    Entry(
        name="birth-weight-direct",
        title="The effect of smoking with birth weight held",
        graph="S -> B -> M; S -> M; B <-> M",
        query="P(M | do(S, B))",
        identifiable=False,
        source="after Hernández-Díaz, Schisterman and Hernán (2006), The birth weight paradox uncovered?",
        lesson="What the paradox is mistaken for needs the hidden cause of birth weight and mortality.",
        tags=("direct effect", "hedge"),
    ),
)

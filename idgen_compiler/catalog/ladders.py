"""Napkins upon napkins, and other graphs that are made to be hard.

Source of the napkin: Pearl and Mackenzie (2018), The Book of Why, figure 7.5. The ladders put one on another, so that
identification nests as many intervened laws as there are rungs; written out, their formulas grow exponentially.
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

NAPKIN = "after Pearl and Mackenzie (2018), The Book of Why, figure 7.5"
LADDER_2 = "W2 -> V2 -> W1 -> V1 -> X -> Y; W1 <-> Y; W1 <-> X; W2 <-> Y; W2 <-> V1"

ENTRIES = (
    Entry(
        name="ladder-2",
        title="A napkin on a napkin",
        graph=LADDER_2,
        query="P(Y | do(X))",
        identifiable=True,
        source=NAPKIN,
        lesson="A conditional of a law that is itself made of conditionals of an intervened law.",
        tags=("napkin", "line 7", "ladder"),
    ),
    Entry(
        name="ladder-3",
        title="Three napkins",
        graph=f"W3 -> V3 -> W2; {LADDER_2}; W3 <-> Y; W3 <-> V2",
        query="P(Y | do(X))",
        identifiable=True,
        source=NAPKIN,
        lesson="1,294 nodes as a tree, 37 as shared nodes.",
        tags=("napkin", "line 7", "ladder"),
    ),
    Entry(
        name="ladder-2-broken",
        title="A napkin on a napkin, with one more hidden cause",
        graph=f"{LADDER_2}; V1 <-> X",
        query="P(Y | do(X))",
        identifiable=False,
        source=NAPKIN,
        lesson="One edge in the wrong place joins X's district to Y's.",
        tags=("napkin", "ladder", "hedge"),
    ),
    Entry(
        name="napkin-given-effect",
        title="The napkin, given an effect of its outcome",
        graph="W1 -> W2 -> X -> Y -> C; X <-> W1 <-> Y",
        query="P(Y | do(X), C)",
        identifiable=True,
        source=NAPKIN,
        lesson="A ratio of the napkin's ratio: two regenerated data sets, or one and Bayes' rule.",
        formula="([Σ_w1 P(x, y, c | w1, w2) P(w1)] / [Σ_w1 P(x, c | w1, w2) P(w1)]) for any w2",
        tags=("napkin", "line 7", "conditional"),
    ),
    Entry(
        name="napkin-two-outcomes",
        title="A napkin with two outcomes",
        graph="W1 -> W2 -> X -> Y1; X -> Y2; X <-> W1 <-> Y1; Y1 <-> Y2",
        query="P(Y1, Y2 | do(X))",
        identifiable=True,
        source=NAPKIN,
        lesson="The ratio of a joint.",
        formula="[Σ_w1 P(x, y1, y2 | w1, w2) P(w1)] / [Σ_w1 P(x | w1, w2) P(w1)] for any w2",
        tags=("napkin", "line 7", "several outcomes"),
    ),
    Entry(
        name="napkin-with-covariate",
        title="A napkin with an observed confounder",
        graph="Z -> X; Z -> Y; W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=NAPKIN,
        lesson="The ratio within each z, averaged over P(z).",
        formula="Σ_z P(z) ([Σ_w1 P(x, y | w1, w2, z) P(w1)] / [Σ_w1 P(x | w1, w2, z) P(w1)]) for any w2",
        tags=("napkin", "line 7", "back-door"),
    ),
    Entry(
        name="napkin-without-its-handle",
        title="A napkin without its second variable",
        graph="W1 -> X -> Y; X <-> W1 <-> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source=NAPKIN,
        lesson="W2 is what makes the napkin work: without it W1's arrow and hidden cause cannot be told apart.",
        tags=("napkin", "hedge"),
    ),
    Entry(
        name="napkin-with-arrow-past",
        title="A napkin with an arrow past its second variable",
        graph="W1 -> W2 -> X -> Y; W1 -> Y; X <-> W1 <-> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source=NAPKIN,
        lesson="W1 is now an ancestor of Y once X is set, and can no longer be summed out before the ratio.",
        tags=("napkin", "hedge"),
    ),
    Entry(
        name="front-door-chain",
        title="A long front door",
        graph="X -> M1 -> M2 -> M3 -> Y; X <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source="after Pearl (2009), Causality, section 3.3.2",
        lesson="Any mediator of the chain serves; the nearest to X is as good as all of them.",
        formula="Σ_m2 P(m2 | x) Σ_x' P(x') P(y | x', m2)",
        tags=("front-door",),
    ),
)

"""Figures of Shpitser and Pearl, who proved that a hedge is what stands in the way.

Sources: Shpitser and Pearl (2006), Identification of joint interventional distributions in recursive semi-Markovian
causal models (AAAI); (2006), Identification of conditional interventional distributions (UAI); (2008), Complete
identification methods for the causal hierarchy (JMLR 9).
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

JOINT = "Shpitser and Pearl (2006), Identification of joint interventional distributions"
CONDITIONAL = "Shpitser and Pearl (2006), Identification of conditional interventional distributions"

TWO_OUTCOMES = "W1 -> X -> Y1; W2 -> Y2; W1 <-> W2; W1 <-> Y1; X <-> W2; W1 <-> Y2"

ENTRIES = (
    Entry(
        name="hedge-c",
        title="A bow one step before the outcome",
        graph="X -> Z -> Y; X <-> Z; X <-> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source=f"after {JOINT}, figure 1",
        lesson="Z, on the way, has the bow; X <-> Y alone would leave the front door open.",
        tags=("hedge",),
    ),
    Entry(
        name="hedge-instrumented",
        title="An instrument that is confounded as well",
        graph="Z -> X -> Y; Z <-> X; Z <-> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source=f"after {JOINT}, figure 1",
        lesson="There is no bow at X -> Y, and still a hedge: {Z, X, Y} over {Y}.",
        tags=("hedge", "instrument"),
    ),
    Entry(
        name="hedge-front-door",
        title="A front door with a second hidden cause",
        graph="X -> Z -> Y; Z <-> Y; X <-> Z; X <-> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source=f"after {JOINT}, figure 1",
        lesson="All three confounded: a whole district.",
        tags=("hedge", "front-door"),
    ),
    Entry(
        name="hedge-upstream",
        title="The hedge lies above the outcome",
        graph="X -> W1 -> Y; X -> W2 -> Y; X <-> W1; X <-> W2",
        query="P(Y | do(X))",
        identifiable=False,
        source=f"after {JOINT}, figure 1",
        lesson="Y is in no bidirected edge; its parents' effect is what cannot be had.",
        tags=("hedge",),
    ),
    Entry(
        name="two-outcomes",
        title="Two outcomes, one treatment, hidden causes across",
        graph=TWO_OUTCOMES,
        query="P(Y1, Y2 | do(X))",
        identifiable=True,
        source=f"after {JOINT}, figure 4 (a)",
        lesson="W1 is no ancestor of the outcomes once X is set, and is set with it (line 3); line 4 splits the rest.",
        formula="[Σ_w1 P(w1) P(y1 | w1, x)] Σ_w2 P(w2) P(y2 | w2)",
        tags=("line 3", "several outcomes"),
    ),
    Entry(
        name="two-outcomes-hedge",
        title="The same with one arrow between the covariates",
        graph="W1 -> X -> Y1; W1 -> W2 -> Y2; W1 <-> W2; W1 <-> Y1; X <-> W2; W1 <-> Y2",
        query="P(Y1, Y2 | do(X))",
        identifiable=False,
        source=f"after {JOINT}, figure 4 (b)",
        lesson="W1 is now an ancestor of Y2, stays, and joins all other vertices to one district with X.",
        tags=("hedge", "several outcomes"),
    ),
    Entry(
        name="rule-2",
        title="A condition that may be set instead",
        graph="X -> Z -> Y; X <-> Z",
        query="P(Y | do(X), Z)",
        identifiable=True,
        source=f"after {CONDITIONAL}, figure 1",
        lesson="P(y, z | do(x)) is not identifiable and P(y | do(x), z) is: Z moves into do(...).",
        formula="P(y | z)",
        tags=("conditional",),
    ),
    Entry(
        name="rule-2-blocked",
        title="A condition that must stay one",
        graph="X -> Z <-> Y; X <-> Z",
        query="P(Y | do(X), Z)",
        identifiable=False,
        source=f"after {CONDITIONAL}, figure 1",
        lesson="Given z, X and Y meet at the collider, and the hedge of P(y, z | do(x)) cannot be avoided.",
        tags=("conditional", "hedge", "collider"),
    ),
    Entry(
        name="conditional-ratio",
        title="A condition after the outcome",
        graph="X -> Y -> C; X <-> C",
        query="P(Y | do(X), C)",
        identifiable=True,
        source=f"after {CONDITIONAL}",
        lesson="P(y, c | do(x)) over its sum: seeing an effect of Y under do(x) is Bayes' rule there.",
        formula="[P(y | x) Σ_x' P(x') P(c | x', y)] / [Σ_y' P(y' | x) Σ_x' P(x') P(c | x', y')]",
        tags=("conditional", "front-door"),
    ),
    Entry(
        name="conditional-two",
        title="One condition moves, the other stays",
        graph="Z1 -> X -> Y; X -> Z2; Z2 -> Y; Z1 -> Y; Z2 <-> X",
        query="P(Y | do(X), Z1, Z2)",
        identifiable=True,
        source=f"after {CONDITIONAL}",
        lesson="All that Y listens to is given, so that doing is seeing.",
        formula="P(y | x, z1, z2)",
        tags=("conditional",),
    ),
    Entry(
        name="napkin-given-w1",
        title="The napkin for those with a known first variable",
        graph="W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
        query="P(Y | do(X), W1)",
        identifiable=False,
        source=f"after {CONDITIONAL}",
        lesson="Conditioning on the collider W1 takes away what the napkin's ratio rests on.",
        tags=("napkin", "conditional", "hedge"),
    ),
    Entry(
        name="napkin-given-w2",
        title="The napkin for those with a known second variable",
        graph="W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
        query="P(Y | do(X), W2)",
        identifiable=False,
        source=f"after {CONDITIONAL}",
        lesson="W2 tells about W1, which shares a hidden cause with X: no function of P(V).",
        tags=("napkin", "conditional", "hedge"),
    ),
    Entry(
        name="double-bow",
        title="Two bows on one path",
        graph="X -> Z -> Y; X <-> Z; Z <-> Y; X -> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source="after Shpitser and Pearl (2008), section 4",
        lesson="X <-> Z makes the hedge; Z <-> Y alone would do no harm.",
        tags=("hedge",),
    ),
    Entry(
        name="joint-treatment",
        title="Two treatments where one alone cannot be identified",
        graph="X1 -> X2 -> Y; X1 <-> X2; X1 -> Y",
        query="P(Y | do(X1, X2))",
        identifiable=True,
        source="after Shpitser and Pearl (2008), section 4",
        lesson="P(y | do(x1)) meets the bow at X2; with X2 set as well the bow is cut.",
        formula="P(y | x1, x2)",
        tags=("several treatments",),
    ),
)

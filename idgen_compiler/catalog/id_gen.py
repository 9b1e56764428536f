"""Graphs of the method's paper.

Source: Rahman, Jordan and Kocaoglu, "Conditional Generative Models are Sufficient to Sample from Any Causal Effect
Estimand" (NeurIPS 2024).
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

PAPER = "Rahman, Jordan and Kocaoglu (2024)"

PRESCRIPTION = """R -> W2; W3 -> W4; W2 <-> W3
W2 -> W1; W3 -> W1; W4 -> W1
W1 -> X; W2 -> X; W3 -> X; W4 -> X
R <-> X; R <-> W1"""

CHEST = "R -> E; R -> A; N -> E; N -> A; N -> L; E -> A; E -> L; A -> L; E -> X; A -> X; L -> X; N <-> R"

ENTRIES = (
    Entry(
        name="xray-report",
        title="From an X-ray to a report, across hospitals",
        graph="X -> S -> R; X <-> R",
        query="P(R | do(X))",
        identifiable=True,
        source=f"{PAPER}, figure 1, top",
        lesson="A front door whose X is an image: the sum over x' becomes a second, independent X'.",
        formula="Σ_s P(s | x) Σ_x' P(x') P(r | x', s)",
        tags=("front-door", "images"),
    ),
    Entry(
        name="brain-scan",
        title="A brain scan with brain volume set",
        graph="A -> V; B -> V; A -> I; B -> I; V -> I; A <-> B",
        query="P(I | do(V))",
        identifiable=True,
        source=f"after {PAPER}, figure 1, bottom",
        lesson="Two attributes are a back door; their joint law is sampled, the scan is drawn from a model of it.",
        formula="Σ_{a, b} P(a, b) P(i | v, a, b)",
        tags=("back-door", "images"),
    ),
    Entry(
        name="cyclic",
        title="Two factors that wait for each other",
        graph="X -> W1 -> W2 -> Y; X <-> W2; W1 <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"{PAPER}, figures 2 and 8",
        lesson="P(w2 | do(x, w1)) needs w1, P(w1, y | do(x, w2)) needs w2; variable by variable, no circle is left.",
        formula="Σ_{w1, w2} P(w1 | x) P(y | x, w1, w2) Σ_x' P(x') P(w2 | x', w1)",
        tags=("districts",),
    ),
    Entry(
        name="napkin-top",
        title="The napkin, set at its first variable",
        graph="W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
        query="P(Y | do(W1))",
        identifiable=True,
        source=f"{PAPER}, figure 3",
        lesson="Line 4 makes three factors, and one of them goes through line 7.",
        formula="Σ_{w2, x} P(w2 | w1) Σ_w1' P(x, y | w1', w2) P(w1')",
        tags=("napkin", "line 7"),
    ),
    Entry(
        name="prescription",
        title="What a detector would see if prescriptions were set",
        graph=PRESCRIPTION,
        query="P(W1, W2, W3, W4, X | do(R))",
        identifiable=True,
        source=f"{PAPER}, figure 7; the edges are those that equation (1) of its appendix C.1 speaks of",
        lesson="Four factors, two of them in the law of a district that holds R itself.",
        formula="P(w2, w3 | r) P(w4 | w3) [Σ_r' P(w1 | r', w2, w3, w4) P(r' | w3, w4)]"
        " ([Σ_r' P(w1, x | r', w2, w3, w4) P(r' | w3, w4)] / [Σ_r' P(w1 | r', w2, w3, w4) P(r' | w3, w4)])",
        tags=("districts", "line 7", "images"),
    ),
    Entry(
        name="prescription-image",
        title="The image alone, with prescriptions set",
        graph=PRESCRIPTION,
        query="P(X | do(R))",
        identifiable=True,
        source=f"{PAPER}, figure 7; the edges are those that equation (1) of its appendix C.1 speaks of",
        lesson="Only the image is asked for, so that W1 is summed and the ratio cancels.",
        formula="Σ_{w2, w3, w4} P(w2, w3 | r) P(w4 | w3) Σ_r' P(x | r', w2, w3, w4) P(r' | w3, w4)",
        tags=("districts", "images"),
    ),
    Entry(
        name="celeba",
        title="Translated faces with one attribute set",
        graph="I1 -> Male; I1 -> Young; Male <-> Young; I1 -> I2; Male -> I2; Young -> I2",
        query="P(I2 | do(Male))",
        identifiable=True,
        source=f"{PAPER}, figure 5",
        lesson="A pre-trained translator takes the place of one conditional, and its own bias becomes visible.",
        formula="Σ_{young, i1} P(i2 | male, young, i1) P(young, i1)",
        tags=("back-door", "images"),
    ),
    Entry(
        name="celeba-young",
        title="Translated faces of the young",
        graph="I1 -> Male; I1 -> Young; Male <-> Young; I1 -> I2; Male -> I2; Young -> I2",
        query="P(I2 | do(Male), Young)",
        identifiable=True,
        source=f"{PAPER}, appendix F.3.1",
        lesson="Young is not set but seen: the images that it comes with are weighed by P(i1 | young).",
        formula="Σ_i1 P(i2 | male, young, i1) P(i1 | young)",
        tags=("back-door", "conditional", "images"),
    ),
    Entry(
        name="chest-xray",
        title="From a report to an X-ray, invariant to the hospital",
        graph=CHEST,
        query="P(N, E, A, L, X | do(R))",
        identifiable=True,
        source=f"{PAPER}, figure 6 and appendix F.4",
        lesson="Five single factors, each a conditional of P(V), so that five models can be plugged in.",
        formula="P(n) P(e | r, n) P(a | r, n, e) P(l | n, e, a) P(x | e, a, l)",
        tags=("back-door", "images"),
    ),
    Entry(
        name="chest-xray-pneumonia",
        title="The X-ray of a report, given pneumonia",
        graph=CHEST,
        query="P(X | do(R), N)",
        identifiable=True,
        source=f"{PAPER}, figure 6, right",
        lesson="N is no effect of the report, so conditioning on it keeps the factors as they are.",
        formula="Σ_{e, a, l} P(e | r, n) P(a | r, n, e) P(l | n, e, a) P(x | e, a, l)",
        tags=("conditional", "images"),
    ),
    Entry(
        name="covid",
        title="COVID-19, X-rays and pneumonia across places",
        graph="C -> X -> N; C <-> N",
        query="P(N | do(C))",
        identifiable=True,
        source=f"{PAPER}, appendix F.6",
        lesson="A classifier of (X, C) is fed with a C' of its own: the front door with an image in the middle.",
        formula="Σ_x P(x | c) Σ_c' P(c') P(n | x, c')",
        tags=("front-door", "images"),
    ),
)

"""Graphs with more in them than the effect needs: examples of simplification and pruning.

Sources: Tikka and Karvanen (2017), Simplifying probabilistic expressions in causal inference (JMLR 18); Tikka and
Karvanen (2018), Enhancing identification of causal effects by pruning (JMLR 18). Drawings are after theirs.
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

SIMPLIFYING = "after Tikka and Karvanen (2017), Simplifying probabilistic expressions in causal inference"
PRUNING = "after Tikka and Karvanen (2018), Enhancing identification of causal effects by pruning"

ENTRIES = (
    Entry(
        name="prune-nonancestors",
        title="Effects of the outcome",
        graph="X -> Y -> W1 -> W2; X -> W2; W1 <-> W2; Y <-> W2",
        query="P(Y | do(X))",
        identifiable=True,
        source=PRUNING,
        lesson="What is no ancestor of Y goes first, with its hidden causes.",
        formula="P(y | x)",
        tags=("pruning",),
    ),
    Entry(
        name="prune-instrument",
        title="Causes of the treatment alone",
        graph="W1 -> W2 -> X; Z -> X; Z -> Y; X -> Y; W1 <-> W2",
        query="P(Y | do(X))",
        identifiable=True,
        source=PRUNING,
        lesson="Ancestors of X that reach Y through X only can be left out of the formula.",
        formula="Σ_z P(z) P(y | x, z)",
        tags=("pruning", "back-door"),
    ),
    Entry(
        name="prune-disconnected",
        title="Covariates that lie aside",
        graph="X -> Z -> Y; X <-> Y; W1 -> Z; W2 -> W1; W2 <-> W1",
        query="P(Y | do(X))",
        identifiable=True,
        source=PRUNING,
        lesson="W1 and W2 predict the mediator and nothing else: the front door without them is right.",
        formula="Σ_z P(z | x) Σ_x' P(y | x', z) P(x')",
        tags=("pruning", "front-door"),
    ),
    Entry(
        name="prune-latent-cause",
        title="A covariate that only its child listens to",
        graph="W -> Z; Z -> X; Z -> Y; X -> Y; W <-> Z",
        query="P(Y | do(X))",
        identifiable=True,
        source=PRUNING,
        lesson="W may be hidden: its law joins that of Z.",
        formula="Σ_z P(z) P(y | x, z)",
        tags=("pruning", "back-door"),
    ),
    Entry(
        name="simplify-chain",
        title="A formula of five sums for a formula of one",
        graph="W1 -> W2 -> W3; W1 -> X; W3 -> Y; X -> Y; W2 -> X",
        query="P(Y | do(X))",
        identifiable=True,
        source=SIMPLIFYING,
        lesson="ID keeps every ancestor; most of the sums are over one.",
        formula="Σ_{w1, w2} P(w1, w2) P(y | x, w1, w2)",
        tags=("simplification", "back-door"),
    ),
    Entry(
        name="simplify-hidden",
        title="Conditioning on the past of a district",
        graph="X -> Z1 -> Z2 -> Y; X <-> Z2; Z1 <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=SIMPLIFYING,
        lesson="The order of the vertices decides how large the conditions of the formula are.",
        formula="Σ_{z1, z2} P(z1 | x) P(y | x, z1, z2) Σ_x' P(x') P(z2 | x', z1)",
        tags=("simplification", "districts"),
    ),
    Entry(
        name="simplify-irrelevant-sum",
        title="A sum that is one",
        graph="X -> Y; X -> W; W <-> Y; Z -> X; Z -> W",
        query="P(Y | do(X))",
        identifiable=True,
        source=SIMPLIFYING,
        lesson="W is summed out and takes its factor along.",
        formula="P(y | x)",
        tags=("simplification",),
    ),
)

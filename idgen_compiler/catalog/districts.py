"""Districts and their factors: Tian and Pearl, Huang and Valtorta, and what grew from them.

Sources: Tian and Pearl (2002), A general identification condition for causal effects (AAAI); Huang and Valtorta (2006),
Identifiability in causal Bayesian networks: a sound and complete algorithm (AAAI); Richardson, Evans, Robins and
Shpitser (2023), Nested Markov properties for acyclic directed mixed graphs (Annals of Statistics 51); Bhattacharya,
Nabi and Shpitser (2022), Semiparametric inference for causal effects in graphical models with hidden variables (JMLR).
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

TIAN = "Tian and Pearl (2002), A general identification condition for causal effects"
HUANG = "Huang and Valtorta (2006), Identifiability in causal Bayesian networks"
NESTED = "Richardson, Evans, Robins and Shpitser (2023), Nested Markov properties"
PRIMAL = "Bhattacharya, Nabi and Shpitser (2022), Semiparametric inference for causal effects"

ENTRIES = (
    Entry(
        name="tian-children",
        title="No hidden path from the treatment to its children",
        graph="X -> A -> Y; X -> B -> Y; X <-> Y; A <-> B",
        query="P(A, B, Y | do(X))",
        identifiable=True,
        source=f"after {TIAN}, theorem 3",
        lesson="All other variables at once: the district of X is divided by the factor of X.",
        formula="P(a, b | x) Σ_x' P(y | x', a, b) P(x')",
        tags=("districts",),
    ),
    Entry(
        name="tian-cut",
        title="Identifiable though a child shares a district with the treatment",
        graph="X -> Z1; X -> Z2 -> Y; X <-> Z1; X <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"after {TIAN}, section 4",
        lesson="The confounded child is no ancestor of Y and goes first.",
        formula="Σ_z2 P(z2 | x) Σ_x' P(y | x', z2) P(x')",
        tags=("districts", "front-door"),
    ),
    Entry(
        name="tian-not-all",
        title="The same child, when it is asked for",
        graph="X -> Z1; X -> Z2 -> Y; X <-> Z1; X <-> Y",
        query="P(Y, Z1 | do(X))",
        identifiable=False,
        source=f"after {TIAN}, section 4",
        lesson="Asking for more may be asking for too much.",
        tags=("districts", "hedge", "several outcomes"),
    ),
    Entry(
        name="two-front-doors",
        title="Two front doors in a row",
        graph="X -> M1 -> M2 -> M3 -> Y; X <-> M2; M2 <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source=f"after {TIAN}, section 4",
        lesson="X, M2 and Y are one district with single mediators between them.",
        formula="Σ_{m1, m2, m3} P(m1 | x) P(m3 | x, m1, m2) Σ_x' P(x') P(m2 | x', m1) P(y | x', m1, m2, m3)",
        tags=("districts", "front-door"),
    ),
    Entry(
        name="huang-valtorta",
        title="A district that shrinks step by step",
        graph="W1 -> X; W2 -> X; X -> Y; W1 <-> W2; W2 <-> Y; W1 <-> X",
        query="P(Y | do(X))",
        identifiable=False,
        source=f"after {HUANG}, section 3",
        lesson="Every ancestral set that holds Y without X is tried, and none cuts the district.",
        tags=("districts", "hedge"),
    ),
    Entry(
        name="huang-valtorta-cut",
        title="The same with the covariates in a line",
        graph="W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y",
        query="P(X, Y | do(W2))",
        identifiable=True,
        source=f"after {HUANG}, section 3",
        lesson="Q[W1, X, Y] is a factor of P(V), and W1 is summed out of it.",
        formula="Σ_w1 P(w1) P(x, y | w1, w2)",
        tags=("districts", "napkin"),
    ),
    Entry(
        name="do-everything-else",
        title="One variable with all others set",
        graph="A -> B -> C -> D; A <-> C; B <-> D",
        query="P(D | do(A, B, C))",
        identifiable=True,
        source=f"after {HUANG}, lemma 4",
        lesson="The factor Q[D] of the district {B, D}: adjust for B while C is set.",
        formula="Σ_b' P(b' | a') P(d | a', b', c) for any a'",
        tags=("districts", "several treatments"),
    ),
    Entry(
        name="crossed-chain",
        title="A chain with crossed hidden causes, set in its midst",
        graph="A -> B -> C -> D; A <-> C; B <-> D",
        query="P(D | do(B))",
        identifiable=True,
        source=f"after {NESTED}, section 1",
        lesson="Two districts that interlock, each with a sum of its own.",
        formula="Σ_c [Σ_a P(a) P(c | a, b)] Σ_b' P(b' | a') P(d | a', b', c) for any a'",
        tags=("districts", "verma"),
    ),
    Entry(
        name="nested-four",
        title="The district of Verma's graph where the first treatment acts too",
        graph="X1 -> X2 -> X3 -> X4; X1 -> X4; X2 <-> X4",
        query="P(X4 | do(X1, X3))",
        identifiable=True,
        source=f"after {NESTED}, figure 1",
        lesson="With X1 -> X4 the constraint is gone, and the formula is the same one, now at the x1 that is set.",
        formula="Σ_x2 P(x2 | x1) P(x4 | x1, x2, x3)",
        tags=("verma", "several treatments"),
    ),
    Entry(
        name="primal-fixable",
        title="Neither back door nor front door, and no hidden cause of the treatment's child",
        graph="C -> T; C -> M; C -> L; C -> Y; T -> M -> L -> Y; T -> Y; T <-> L; M <-> Y",
        query="P(Y | do(T))",
        identifiable=True,
        source=f"after {PRIMAL}, figure 4",
        lesson="The treatment's district is {T, L}; its children M and Y are outside.",
        formula="Σ_{c, m, l} P(c) P(m | t, c) P(y | t, m, l, c) Σ_t' P(t' | c) P(l | t', m, c)",
        tags=("districts",),
    ),
    Entry(
        name="nested-fixable",
        title="A treatment that shares a district with its child, and with Y only through a covariate",
        graph="Z -> T -> Y; T <-> R; R -> Z; R <-> Y",
        query="P(Y | do(T))",
        identifiable=True,
        source=f"after {PRIMAL}, section 5",
        lesson="The napkin under other letters: only after Z is fixed can T be fixed.",
        formula="[Σ_r P(t, y | r, z) P(r)] / [Σ_r P(t | r, z) P(r)] for any z",
        tags=("napkin", "line 7"),
    ),
    Entry(
        name="generalised-front-door",
        title="The front door with covariates, and an effect around it",
        graph="C -> A; C -> Z; C -> Y; A -> Z -> Y; A <-> Y",
        query="P(Y | do(A))",
        identifiable=True,
        source="Fulcher, Shpitser, Marealle and Tchetgen Tchetgen (2020), Robust inference on population indirect "
        "causal effects: the generalized front door criterion",
        lesson="Within each stratum of C a front door.",
        formula="Σ_{c, z} P(c) P(z | a, c) Σ_a' P(y | a', z, c) P(a' | c)",
        tags=("front-door",),
    ),
    Entry(
        name="generalised-front-door-direct",
        title="The same with an arrow past the mediator",
        graph="C -> A; C -> Z; C -> Y; A -> Z -> Y; A -> Y; A <-> Y",
        query="P(Y | do(A))",
        identifiable=False,
        source="Fulcher, Shpitser, Marealle and Tchetgen Tchetgen (2020), Robust inference on population indirect "
        "causal effects: the generalized front door criterion",
        lesson="The arrow makes a bow; what stays identifiable is the indirect effect, a counterfactual.",
        tags=("front-door", "hedge"),
    ),
)

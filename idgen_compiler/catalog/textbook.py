"""Graphs that every course on causal inference draws."""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

ENTRIES = (
    Entry(
        name="back-door",
        title="A common cause that was measured",
        graph="Z -> X -> Y; Z -> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source="Pearl (2009), Causality, section 3.3.1",
        lesson="Average P(y | x, z) over P(z): the adjustment formula.",
    ),
    Entry(
        name="front-door",
        title="A hidden common cause and a shielded mechanism",
        graph="X -> M -> Y; X <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source="Pearl (2009), Causality, section 3.3.2",
        lesson="X is used twice: as the value that is set, and as X' that is summed out again.",
    ),
    Entry(
        name="front-door-given-mediator",
        title="The front door when the mechanism is seen",
        graph="X -> M -> Y; X <-> Y",
        query="P(Y | do(X), M)",
        identifiable=True,
        source="Shpitser and Pearl (2006), Identification of conditional interventional distributions",
        lesson="A condition becomes an intervention (rule 2 of do-calculus): P(y | do(m)).",
    ),
    Entry(
        name="bow",
        title="Cause and effect share a hidden cause",
        graph="X -> Y; X <-> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source="Shpitser and Pearl (2006), Identification of joint interventional distributions, figure 1",
        lesson="The smallest hedge: {X, Y} over {Y}.",
    ),
    Entry(
        name="instrument",
        title="The instrumental variable, without further assumptions",
        graph="Z -> X -> Y; X <-> Y",
        query="P(Y | do(X))",
        identifiable=False,
        source="Pearl (2009), Causality, section 8.2",
        lesson="Linear models make it identifiable; the graph alone only bounds it.",
    ),
    Entry(
        name="intention-to-treat",
        title="The effect of the instrument itself",
        graph="Z -> X -> Y; X <-> Y",
        query="P(Y | do(Z))",
        identifiable=True,
        source="Pearl (2009), Causality, section 8.2",
        lesson="Of Z, doing is seeing.",
    ),
    Entry(
        name="m-bias",
        title="A covariate that must be left alone",
        graph="X -> Y; X <-> Z <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source="Greenland, Pearl and Robins (1999), Causal diagrams for epidemiologic research",
        lesson="P(y | x) is right, and adjusting for Z makes it wrong.",
    ),
    Entry(
        name="verma",
        title="A law that has to be intervened on",
        graph="A -> B -> C -> D; B <-> D",
        query="P(D | do(C))",
        identifiable=True,
        source="Verma and Pearl (1990), Equivalence and synthesis of causal models",
        lesson="The answer may be computed at any value of A, and none of them matters.",
    ),
    Entry(
        name="napkin",
        title="A true ratio: no adjustment, no front door",
        graph="W1 -> W2 -> X -> Y; X <-> W1 <-> Y",
        query="P(Y | do(X))",
        identifiable=True,
        source="Pearl and Mackenzie (2018), The Book of Why, figure 7.5",
        lesson="P(Y | X) in the law where W2 is set, for which nobody has data.",
    ),
)

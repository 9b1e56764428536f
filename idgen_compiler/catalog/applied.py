"""Graphs of real questions: cells, lungs, schooling."""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

SACHS = """PKC -> Raf; PKC -> Mek; PKC -> Jnk; PKC -> P38; PKC -> PKA
PKA -> Raf; PKA -> Mek; PKA -> Erk; PKA -> Akt; PKA -> Jnk; PKA -> P38
Raf -> Mek -> Erk -> Akt; Plcg -> PIP2; Plcg -> PIP3 -> PIP2"""
SACHS_SOURCE = "Sachs, Perez, Pe'er, Lauffenburger and Nolan (2005), Causal protein-signaling networks"
ASIA = """Asia -> Tub; Smoke -> Lung; Smoke -> Bronc; Tub -> Either; Lung -> Either
Either -> Xray; Either -> Dysp; Bronc -> Dysp"""
ASIA_SOURCE = "Lauritzen and Spiegelhalter (1988), Local computations with probabilities on graphical structures"

ENTRIES = (
    Entry(
        name="sachs-erk",
        title="Setting Erk in a signalling network",
        graph=SACHS,
        query="P(Akt | do(Erk))",
        identifiable=True,
        source=SACHS_SOURCE,
        lesson="One parent of both is enough to adjust for, among eleven proteins.",
        formula="Σ_pka P(pka) P(akt | erk, pka)",
        tags=("markovian", "back-door"),
    ),
    Entry(
        name="sachs-mek",
        title="Setting Mek in a signalling network",
        graph=SACHS,
        query="P(Erk | do(Mek))",
        identifiable=True,
        source=SACHS_SOURCE,
        lesson="PKA confounds Mek and Erk; PKC and Raf act through them.",
        formula="Σ_pka P(pka) P(erk | mek, pka)",
        tags=("markovian", "back-door"),
    ),
    Entry(
        name="asia-smoke",
        title="Shortness of breath, had they smoked",
        graph=ASIA,
        query="P(Dysp | do(Smoke))",
        identifiable=True,
        source=ASIA_SOURCE,
        lesson="Smoking has no causes in this graph: doing is seeing.",
        formula="P(dysp | smoke)",
        tags=("markovian",),
    ),
    Entry(
        name="asia-bronchitis",
        title="Treating bronchitis in those with a positive X-ray",
        graph=ASIA,
        query="P(Dysp | do(Bronc), Xray)",
        identifiable=True,
        source=ASIA_SOURCE,
        lesson="The X-ray tells about smoking, the common cause, and has to be conditioned on together with it.",
        formula="Σ_smoke P(smoke | xray) P(dysp | bronc, smoke, xray)",
        tags=("markovian", "conditional"),
    ),
    Entry(
        name="schooling",
        title="Returns to schooling with ability hidden",
        graph="Near -> School -> Wage; Parents -> School; Parents -> Wage; School <-> Wage",
        query="P(Wage | do(School))",
        identifiable=False,
        source="after Card (1995), Using geographic variation in college proximity to estimate the return to schooling",
        lesson="Nearness of a college is an instrument; without linearity it bounds the effect and no more.",
        tags=("instrument", "hedge"),
    ),
    Entry(
        name="simpson-treatment",
        title="Simpson's paradox with a cause of treatment",
        graph="Sex -> Drug -> Recovery; Sex -> Recovery",
        query="P(Recovery | do(Drug))",
        identifiable=True,
        source="Pearl (2009), Causality, figure 6.2 (a)",
        lesson="Read the table by sex.",
        formula="Σ_sex P(sex) P(recovery | drug, sex)",
        tags=("back-door", "simpson"),
    ),
    Entry(
        name="simpson-mediator",
        title="Simpson's paradox with an effect of treatment",
        graph="Drug -> Pressure -> Recovery; Drug -> Recovery",
        query="P(Recovery | do(Drug))",
        identifiable=True,
        source="Pearl (2009), Causality, figure 6.2 (b)",
        lesson="The same numbers, another graph: read the table as a whole.",
        formula="P(recovery | drug)",
        tags=("simpson",),
    ),
)

"""Which covariates to adjust for: the models of a crash course.

Source: Cinelli, Forney and Pearl, "A Crash Course in Good and Bad Controls" (2022), Sociological Methods & Research.
Letters are those of the paper; hidden variables are drawn as bidirected edges.
"""

from __future__ import annotations

from idgen_compiler.catalog.entry import Entry

__all__ = ["ENTRIES"]

PAPER = "Cinelli, Forney and Pearl (2022)"
ADJUSTED = "Σ_z P(y | x, z) P(z)"


def _model(number: int, title: str, graph: str, formula: str, lesson: str, identifiable: bool = True) -> Entry:
    return Entry(
        name=f"control-{number}",
        title=title,
        graph=graph,
        query="P(Y | do(X))",
        identifiable=identifiable,
        source=f"{PAPER}, model {number}",
        lesson=lesson,
        formula=formula,
        tags=("controls",) if identifiable else ("controls", "hedge"),
    )


ENTRIES = (
    _model(2, "A good control that a hidden cause of Y drives", "Z -> X -> Y; Z <-> Y", ADJUSTED, "Z blocks it."),
    _model(3, "A good control that a hidden cause of X drives", "X -> Y; Z -> Y; Z <-> X", ADJUSTED, "Z blocks it."),
    _model(
        4,
        "A confounder of the treatment and the mediator",
        "Z -> X -> M -> Y; Z -> M",
        ADJUSTED,
        "The confounded mechanism is the mediator's, and Z still closes the back door.",
    ),
    _model(5, "The same through a hidden cause of the mediator", "Z -> X -> M -> Y; Z <-> M", ADJUSTED, "Z blocks it."),
    _model(6, "The same through a hidden cause of X", "X -> M -> Y; Z -> M; Z <-> X", ADJUSTED, "Z blocks it."),
    _model(8, "A neutral control that predicts Y", "X -> Y; Z -> Y", ADJUSTED, "With or without Z it is P(y | x)."),
    _model(
        9,
        "A neutral control that predicts X",
        "Z -> X -> Y",
        "P(y | x)",
        "Adjusting for Z is right and costs variance.",
    ),
    _model(
        10,
        "Bias amplification",
        "Z -> X -> Y; X <-> Y",
        "",
        "Nothing identifies the effect, and adjusting for Z makes the bias larger.",
        identifiable=False,
    ),
    _model(11, "The mediator as a control", "X -> Z -> Y", "P(y | x)", "Adjusting for Z blocks the effect."),
    _model(12, "An effect of the mediator as a control", "X -> M -> Y; M -> Z", "P(y | x)", "Z blocks part of it."),
    _model(13, "A cause of the mediator", "X -> M -> Y; Z -> M", ADJUSTED, "A neutral control that reduces variance."),
    _model(14, "An effect of the treatment", "X -> Y; X -> Z", "P(y | x)", "A neutral control after treatment."),
    _model(16, "A collider of X and a hidden cause of Y", "X -> Y; X -> Z; Z <-> Y", "P(y | x)", "Adjusting opens it."),
    _model(17, "Selection on a common effect", "X -> Y; X -> Z; Y -> Z", "P(y | x)", "Adjusting for Z opens a path."),
    _model(18, "An effect of the outcome", "X -> Y -> Z", "P(y | x)", "Adjusting for Z is adjusting for part of Y."),
)

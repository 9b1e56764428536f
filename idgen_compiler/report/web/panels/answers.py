"""The panels of a query: the question, its derivation, its formula and its verification, or what rules it out."""

from __future__ import annotations

from idgen_compiler.forms.markup import Markup, bullets, details, facts, joined, table, tag
from idgen_compiler.report.web.panels.pieces import badge, code, drawn, edges, figure, notes, section, wide
from idgen_compiler.report.web.values.answers import Answer, Asked, Derived, Proof, Refusal, Verified
from idgen_compiler.report.web.values.graphs import Picture

__all__ = ["derivation", "formula", "question", "refusal", "verification"]

MOST_PLACED, MOST_DRAWN = 24, 40
"""A graph of so many vertices is drawn anew at each step, and one of so many at all."""

_ROLES = {"treatment": "set (treatment)", "outcome": "asked for (outcome)", "condition": "seen (condition)"}

_WHY = {
    "line 1": "Nothing is set by hand any more: the answer is a marginal of the law at hand.",
    "line 2": "Only causes of the outcomes can matter to them. All else is summed out.",
    "line 3": "Setting more variables would not change the answer, so they are set as well; any value will do.",
    "line 4": "Hidden causes join variables within districts only, so that each district is answered on its own.",
    "line 6": "Within this district nothing hidden joins the outcome to what is set: setting is conditioning.",
    "line 7": "The district lies inside a larger one. What lies outside is set, and the algorithm goes on in that law.",
    "IDC": "Seeing this says as much as setting it, by rule 2 of the do-calculus: no back-door path is left open.",
    "ratio": "What is left of the conditions is conditioned on in the joint answer.",
    "policy": "The treatments are drawn as the policies say, and the answer is averaged over them.",
}
"""Why each line of the algorithm is right, in a sentence."""


def question(asked: Asked, key: str) -> Markup:
    """What is asked, and the graph before and after the treatments are set."""
    kinds = {"treatment": asked.treatments, "outcome": asked.outcomes, "condition": asked.conditions}
    legend = [tag("span", tag("i", class_=f"swatch {kind}"), _ROLES[kind]) for kind, names in kinds.items() if names]
    if asked.before.bidirected:
        legend.append(tag("span", Markup(_DASHED), "hidden common cause"))
    pair = [figure(drawn(asked.before), "The graph that is assumed: arrows are direct causes.")]
    if asked.treatments:
        cut = "Setting cuts what points into the treatments (pale): they no longer follow their causes."
        pair.append(figure(drawn(asked.after, asked.before), cut))
    told = facts(
        [(_ROLES[kind].capitalize(), ", ".join(names)) for kind, names in kinds.items() if names]
        + [("Variables", len(asked.before.nodes)), ("Hidden common causes", len(asked.before.bidirected))]
    )
    text = details("The graph as text", code(asked.graph, "the graph"))
    lead = joined(["What is ", tag("code", asked.query), ", if the graph is right?"])
    return section(
        f"{key}question",
        "The question",
        tag("p", joined(legend), class_="legend"),
        tag("div", *pair, class_="pair"),
        told,
        edges(asked.before),
        text,
        lead=lead,
    )


_DASHED = (
    '<svg class="swatch-line" width="30" height="10" aria-hidden="true"><path d="M2 5h26" class="edge hidden" '
    'fill="none" stroke="currentColor" stroke-dasharray="5 4"/></svg>'
)


def derivation(answer: Answer, key: str) -> Markup:
    """The steps of the algorithm, each with the graph at that point."""
    items = joined(_step(step, answer.asked.before) for step in answer.steps)
    more = tag("p", f"… and {answer.more_steps} more steps, which idgen compile --emit trace prints.")
    return section(
        f"{key}derivation",
        "Why it can be answered",
        tag("p", tag("span", tag("i", class_="swatch moved"), "what the step drops, fixes or moves"), class_="legend"),
        tag("ol", items, class_="steps"),
        more if answer.more_steps else "",
        lead="The ID and IDC algorithms (Shpitser and Pearl 2006), line by line. Each step is one call of the "
        "algorithm; indented steps are the smaller problems that it leads to. What a step leaves out is pale.",
    )  # fmt: skip


def _step(step: Derived, whole: Picture) -> Markup:
    head = tag("h3", badge(step.line, "line"), " ", tag("code", step.problem))
    done = joined([step.title.capitalize(), f": {step.done}" if step.done else "", "."])
    answer = tag("p", "Answer: ", tag("code", step.answer), class_="formula-text") if step.answer else ""
    text = tag("div", head, tag("p", tag("strong", done), " ", _WHY.get(step.line, "")), answer)
    style = f"--depth: {min(step.depth, 6)}"
    return tag(
        "li", text, tag("div", wide(_pictured(step, whole), f"graph of {step.problem}")), class_="step", style=style
    )


def _pictured(step: Derived, whole: Picture) -> Markup:
    """The graph of a step: where it stands in the whole one, unless that is large; or in words how large it is."""
    if len(step.picture.nodes) > MOST_DRAWN:
        return tag("p", f"The graph at this point has {len(step.picture.nodes)} vertices.", class_="lead")
    return drawn(step.picture, whole if len(whole.nodes) <= MOST_PLACED else None)


def formula(answer: Answer, key: str) -> Markup:
    """The estimand as mathematics, text and LaTeX."""
    found = answer.formula
    if found is None:
        return Markup("")
    shown = wide(Markup(found.mathml), "the estimand as mathematics")
    left = tag("p", tag("code", answer.asked.query), " equals", class_="equals")
    texts = [details("As text", code(found.text, "the estimand as text"))]
    texts.append(details("As LaTeX", code(found.latex, "the estimand in LaTeX")))
    return section(
        f"{key}estimand",
        "The estimand",
        tag("div", left, shown, class_="math"),
        *texts,
        lead="The answer as a function of the observed law alone. Small letters are values; sums over numbers are "
        "integrals.",
    )


def verification(answer: Answer, key: str) -> Markup:
    """The comparison with the truth of random models."""
    if answer.verified is None:
        said = tag("p", f"Not verified here: {answer.unverified}.") if answer.unverified else Markup("")
        return section(f"{key}verification", "Verification", said) if said else Markup("")
    found: Verified = answer.verified
    light = badge("equal to the truth", "green") if found.ok else badge("differs from the truth", "red")
    rows = [[name, *cells] for name, *cells in found.rows]
    header = ["answer of", *found.header[1:]]
    caption = f"In how many of {found.models} random models each answer equals the truth"
    shown = table(header, rows, range(1, len(header)), caption)
    return section(
        f"{key}verification",
        "Verification",
        tag("p", light, " ", _sentence(found.verdict)),
        wide(shown, caption),
        tag("p", _sentence(found.peer)) if found.peer else "",
        lead=f"{found.models} random models with hidden causes that fit the graph (seed {found.seed}), whose truth is "
        "known: both sides are fractions, and equal means equal.",
    )


def refusal(found: Refusal, asked: Asked, key: str) -> Markup:
    """The hedge, and two models that agree on everything that can be seen and differ in the answer."""
    legend = tag(
        "p",
        tag("span", tag("i", class_="swatch inner"), "in F and in F′"),
        tag("span", tag("i", class_="swatch outer"), "in F alone"),
        class_="legend",
    )
    sets = facts([("F", ", ".join(found.outer)), ("F′", ", ".join(found.inner)), ("Found at", found.step)])
    what = [
        "Measure a hidden common cause, so that it is a vertex of the graph.",
        "Find reasons to cut one of the hedge's dashed edges.",
        "Ask for an effect that avoids the hedge.",
    ]
    proof = _proof(found.proof, asked) if found.proof else notes([f"No models are shown: {found.why}."])
    return section(
        f"{key}refusal",
        "Why it cannot be answered",
        legend,
        figure(drawn(found.picture), "The hedge: two nested sets, each joined by hidden causes, with one root."),
        sets,
        proof,
        tag("h3", "What can be done"),
        bullets(what),
        lead=joined(["No formula in what is observed gives ", tag("code", asked.query), _HEDGE]),
    )


_HEDGE = (
    ". The hedge (F, F′) proves it: two models agree on all that can be observed and differ in the answer "
    "(Shpitser and Pearl 2006, theorem 4)."
)


def _proof(found: Proof, asked: Asked) -> Markup:
    rows = [
        (vertex, one, other if other != one else "the same") for vertex, one, other in found.mechanisms if one or other
    ]
    models = table(("", "in model 1", "in model 2"), rows, caption="How each variable is made")
    hidden = tag("p", "Hidden causes, each a fair coin: ", ", ".join(found.hidden), ".") if found.hidden else ""
    seen = ", ".join(found.variables)
    cells = tag("p", f"P({seen}) has {found.cells} cells, the same in both.")
    if found.joint:
        joint = table((f"P({seen})", "in both models"), found.joint, (1,))
        cells = details(f"P({seen}): {found.cells} cells, the same in both", wide(joint))
    caption = f"The answers at {found.at}" if found.at else "The answers"
    answers = table(("", "in model 1", "in model 2"), found.answers, (1, 2), caption)
    return joined([
        tag("h3", "Two models that prove it"), hidden, wide(models), cells, wide(answers),
        tag("p", f"They are {found.difference} apart (total variation)."),
    ])  # fmt: skip


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if not text.startswith("y0") else f"{text}."

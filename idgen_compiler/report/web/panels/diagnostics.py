"""The panel of a fit, and what its diagnostics say: as a whole, and of each model and data set.

Diagnostics come as the JSON values of `Diagnostics.to_json`; what a sampler does not have is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idgen_compiler.forms.markup import Markup, details, facts, joined, table, tag
from idgen_compiler.hinge.diagnostics.concerns import LIGHTS, Color, worst
from idgen_compiler.report.web.panels.charts import chart
from idgen_compiler.report.web.panels.lines import balance, bins, diagonal, training
from idgen_compiler.report.web.panels.pieces import badge, notes, section, wide
from idgen_compiler.report.web.values.fits import Fitted

__all__ = ["color_of", "fit", "of_data", "of_model"]

Values = Mapping[str, Any]


def fit(found: Fitted) -> Markup:
    """How the program was fitted and how far it can be relied on."""
    told = found.diagnostics
    concerns: Sequence[Values] = told.get("concerns", ())
    parts: list[object] = [facts(found.facts)]
    if color := color_of(told):
        parts += [_light(color), _concerns(concerns)]
        parts += [tag("p", _sentence(told["honesty"].rstrip(".")))] if told.get("honesty") else []
    if found.light:
        parts.append(tag("p", badge(f"overlap {found.light}", found.light), " ", _sentence(found.said)))
    parts += [notes(found.lacks, "Where rows are lacking"), notes(found.choices, "What the data chose")]
    parts += [_propensity(each) for each in told.get("propensities", ())]
    parts += [_graph(told.get("graph", ())), _corrections(told.get("corrections", ()))]
    parts.append(notes((*told.get("notes", ()), *([f"No diagnostics: {found.undiagnosed}"] * bool(found.undiagnosed)))))
    return section("fit", "The fit, and how far it can be relied on", *parts)


def color_of(diagnostics: Values) -> Color | None:
    """The light: that of the worst concern, None where nothing was looked at."""
    return worst(each.get("color", "yellow") for each in diagnostics.get("concerns", ())) if diagnostics else None


def _light(color: Color) -> Markup:
    return tag("p", badge(color, color), " ", tag("strong", _sentence(LIGHTS[color])), class_="light")


def _concerns(concerns: Sequence[Values]) -> Markup:
    rows = [
        (badge(each["color"], each["color"]), each.get("where") or "the fit", f"{each['said']}. {each['remedy']}.")
        for each in concerns
    ]
    return wide(table(("", "where", "what, and what to do"), rows), "what is wrong") if rows else Markup("")


def of_model(diagnostics: Values, key: str) -> Markup:
    """How one model turned out."""
    found = next((each for each in diagnostics.get("models", ()) if each["operation"] == key), None)
    if found is None:
        return Markup("")
    if found.get("unjudged"):
        return notes([found["unjudged"]])
    judged = f"{found.get('judged_rows', 0):,} {found.get('judged', 'rows')}"
    rows = [
        (f"{each['name']} of {each['target']}", _number(each["value"]), _number(each["baseline"]))
        for each in found.get("scores", ())
    ]
    caption = f"On {judged}, beside the marginal law, which knows no input"
    parts: list[object] = [wide(table(("", "model", "marginal"), rows, (1, 2), caption), caption)] if rows else []
    two = found.get("two_sample")
    if two:
        parts.append(tag("p", f"A classifier tells rows from draws with AUC {two['auc']:.3f} ± {two['error']:.3f}; a "
                              "half says that it cannot."))  # fmt: skip
    pictures = [_training(each) for each in found.get("curves", ()) if len(each.get("held_out", ())) > 1]
    pictures += [_reliability(target, each) for target, each in found.get("reliability", ())]
    pictures += [_transform(each) for each in found.get("transforms", ())]
    return joined([*parts, tag("div", *pictures, class_="small") if pictures else ""])


def of_data(diagnostics: Values, key: str) -> Markup:
    """How far a data set drifted from its source."""
    found = next((each for each in diagnostics.get("data", ()) if each["operation"] == key), None)
    if found is None or found.get("exact"):
        return Markup("")
    tests = [(each["variable"], each["test"]) for each in found.get("marginals", ())]
    tests += [(f"{each['one']}, {each['other']}: {each['measure']}", each["test"]) for each in
              found.get("dependences", ())]  # fmt: skip
    rows = [(name, _number(test["effect"]), f"{test['corrected']:.2g}") for name, test in tests]
    caption = "What the intervention leaves alone, beside the source"
    return wide(table(("", "distance", "corrected p"), rows, (1, 2), caption), caption) if rows else Markup("")


def _training(found: Values) -> Markup:
    every, rows = found.get("every", 1), []
    for name, series in (("rows kept back", found["held_out"]), ("rows learned from", found.get("learned", ()))):
        rows += [{"series": name, "step": every * (k + 1), "loss": loss} for k, loss in enumerate(series)]
    numbers = table(
        ("passes", "loss", ""), [(row["step"], _number(row["loss"]), row["series"]) for row in rows], (0, 1)
    )
    return chart(lambda: training(rows), f"Training of {found['fit']}: mean loss after each pass", numbers)


def _reliability(target: str, found: Values) -> Markup:
    rows = [
        {"share": share, "confidence": confidence, "accuracy": accuracy}
        for share, confidence, accuracy in zip(found["weights"], found["confidence"], found["accuracy"], strict=True)
        if share
    ]
    header = ("share of rows", "confidence", "accuracy")
    cells = [(f"{row['share']:.1%}", _number(row["confidence"]), _number(row["accuracy"])) for row in rows]
    told = f"Reliability of {target}: on the dashed line probabilities are what happens"
    return chart(lambda: diagonal(rows), told, table(header, cells, (0, 1, 2)))


def _transform(found: Values) -> Markup:
    shares = found["shares"]
    count = len(shares)
    rows = [
        {"low": k / count, "high": (k + 1) / count, "share": share, "series": "rows"} for k, share in enumerate(shares)
    ]
    cells = [(f"{row['low']:.2f} to {row['high']:.2f}", f"{row['share']:.2%}") for row in rows]
    told = f"Where each {found['target']} lies in its predicted law: all bins alike (dashed) where the model is right"
    return chart(
        lambda: bins(rows, "probability integral transform", 1 / count), told, table(("", "rows"), cells, (1,))
    )


def _propensity(found: Values) -> Markup:
    treatment = found["treatment"]
    arms = zip(found["arms"], found["rows"], found["effective_rows"], found["extreme"], strict=True)
    rows = [(f"{treatment} = {arm}", f"{n:,}", f"{kish:,.0f}", f"{share:.1%}") for arm, n, kish, share in arms]
    header = ("", "rows", "effective rows", f"of all rows have it with less than {found['least']:g}")
    parts = [wide(table(header, rows, (1, 2, 3)), f"overlap of {treatment}")]
    for each in found.get("histograms", ()):
        count = len(each["inside"])
        bars = [
            {"low": k / count, "high": (k + 1) / count, "share": share, "series": name}
            for name, shares in ((f"{treatment} = {each['arm']}", each["inside"]), ("all others", each["outside"]))
            for k, share in enumerate(shares)
        ]
        told = f"The propensity of {treatment} = {each['arm']}, by who has it and who has not"
        parts.append(chart(lambda bars=bars: bins(bars, "propensity"), told))  # type: ignore[misc]
    weighed = found.get("balance", ())
    if weighed:
        points = [
            {"covariate": f"{each['covariate']} ({each['arm']})", "when": when, "difference": each[when]}
            for each in weighed
            for when in ("before", "after")
        ]
        cells = [
            (each["covariate"], each["arm"], f"{each['before']:+.3f}", f"{each['after']:+.3f}") for each in weighed
        ]
        numbers = table(("covariate", f"{treatment} =", "before", "after"), cells, (2, 3))
        parts.append(chart(lambda: balance(points), "Balance before and after weighting", numbers))
    covariates = ", ".join(found["covariates"])
    return details(f"Overlap and balance of {treatment} given {covariates}", *parts)


def _graph(tests: Sequence[Values]) -> Markup:
    rows = [(_verdict(each), each["sentence"], _p(each.get("test")) or each.get("why", "")) for each in tests]
    if not rows:
        return Markup("")
    against = sum(bool(each.get("rejected")) for each in tests)
    title = f"What the graph implies, against the rows: {against} of {len(rows)} contradicted"
    return details(title, wide(table(("", "implication", "corrected p"), rows), title))


def _verdict(found: Values) -> Markup:
    if found.get("test") is None:
        return badge("not tested", "plain")
    return badge("contradicted", "red") if found.get("rejected") else badge("not contradicted", "green")


def _p(test: Values | None) -> str:
    return "" if test is None else f"{test['corrected']:.2g}"


def _corrections(found: Sequence[Values]) -> Markup:
    rows = [(each["asked"], _number(each["value"]), _number(each["error"]), f"{each['errors']:+.2f}") for each in found]
    if not rows:
        return Markup("")
    header = ("", "value", "error", "moved by its correction, in errors")
    return details("How far corrections moved estimates", wide(table(header, rows, (1, 2, 3))))


def _number(value: float) -> str:
    return f"{value:.4g}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."

"""The page: its panels in their order, with style and script inside, so that it needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from idgen_compiler.forms.markup import Markup, facts, joined, tag
from idgen_compiler.report.web.panels.answers import derivation, formula, question, refusal, verification
from idgen_compiler.report.web.panels.charts import SPEC, library, packed
from idgen_compiler.report.web.panels.diagnostics import color_of, fit
from idgen_compiler.report.web.panels.outcomes import outcome
from idgen_compiler.report.web.panels.pieces import badge, code, section
from idgen_compiler.report.web.panels.programs import comparison, program
from idgen_compiler.report.web.values.answers import Answer
from idgen_compiler.report.web.values.whole import Whole

__all__ = ["render"]

Panel = tuple[str, str, Markup]
"""The key of a section, its name in the contents, and the section."""


def render(found: Whole) -> str:
    """The page as HTML, of its values alone.

    A policy in it forbids all that it does not hold itself: nothing is fetched, and no script runs but its own. A page
    with charts holds the library that draws them, packed; it is unpacked when a reader first asks for it.
    """
    several = len(found.answers) > 1
    panels = list(_panels(found))
    drawing = library() if any(f'class="{SPEC}"' in panel for _, _, panel in panels) else None
    scripts, style = [_held("page.js"), *([_held("charts.js")] if drawing else [])], _held("page.css")
    digests = [*map(_digest, scripts), *([drawing.digest] if drawing else [])]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    policy = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {allowed}"
    head = joined([
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=f"idgen-compiler {found.version}"),
        tag("title", f"{found.title} · idgen report"),
        tag("style", Markup(style)),
    ])  # fmt: skip
    contents = tag(
        "nav",
        tag("ul", joined(tag("li", tag("a", name, href=f"#{key}")) for key, name, _ in panels if name)),
        aria_label="Contents",
    )
    main = tag("main", *(each for _, _, each in panels), id="main", tabindex="-1")
    made = tag("p", f"Made by idgen-compiler {found.version}. The page needs no network: all that it shows it holds.")
    body = joined([
        tag("a", "Skip to the report", href="#main", class_="skip"),
        tag("div", _header(found, several), tag("div", contents, main, class_="body"), tag("footer", made),
            class_="frame"),
        tag("p", id="told", role="status", class_="skip"),
        packed(drawing) if drawing else "",
        *(tag("script", Markup(script)) for script in scripts),
    ])  # fmt: skip
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _panels(found: Whole) -> Iterator[Panel]:
    several = len(found.answers) > 1
    for number, answer in enumerate(found.answers):
        key, of = (f"query-{number + 1}-", f" {number + 1}") if several else ("", "")
        if several:
            yield "", "", tag("p", answer.asked.query, class_="query-title")
        yield f"{key}question", f"Question{of}", question(answer.asked, key)
        if answer.refusal is not None:
            yield f"{key}refusal", f"Why it cannot be answered{of}", refusal(answer.refusal, answer.asked, key)
            continue
        yield f"{key}derivation", f"Why it can be answered{of}", derivation(answer, key)
        yield f"{key}estimand", f"Estimand{of}", formula(answer, key)
        if answer.verified is not None or answer.unverified:
            yield f"{key}verification", f"Verification{of}", verification(answer, key)
        if number < len(found.outcomes):
            yield f"{key}outcomes", f"What comes out{of}", outcome(found.outcomes[number], key)
    if found.program is not None:
        diagnostics = found.fitted.diagnostics if found.fitted else {}
        yield "program", "Program", program(found.program, diagnostics)
        yield "optimized", "Literal and optimized", comparison(found.program.compared)
    if found.fitted is not None:
        yield "fit", "Fit", fit(found.fitted)
    if found.program is not None:
        yield "code", "Code", section(
            "code", "The code", code(found.program.code, "the code of this report"), lead="What makes it again."
        )  # fmt: skip


def _header(found: Whole, several: bool) -> Markup:
    tools = tag(
        "div",
        tag("button", "Open all", type="button", id="open"),
        tag("button", "Theme: auto", type="button", id="theme"),
        class_="tools",
    )
    refused = [answer for answer in found.answers if answer.refusal is not None]
    verdict = badge("not identifiable", "red") if refused else badge("identifiable", "green")
    top = tag("div", tag("p", "idgen report", class_="name"), tools, class_="top")
    told = tag("p", verdict, " ", _answered(found.answers[0]) if not several else f"{len(found.answers)} queries")
    return tag("header", top, tag("h1", found.title), told, facts(_facts(found)))


def _answered(answer: Answer) -> Markup:
    if answer.formula is None:
        return joined(["No formula in the observed law answers it; the hedge below proves that."])
    if len(answer.formula.text) > 160:
        return joined(["A formula in the observed law answers it."])
    return joined(["It equals ", tag("code", answer.formula.text), "."])


def _facts(found: Whole) -> list[tuple[object, object]]:
    told: list[tuple[object, object]] = []
    checked = [answer.verified for answer in found.answers if answer.verified is not None]
    if checked:
        said = f"equal to the truth in {sum(each.models for each in checked)} random models"
        told.append(("Verified", said if all(each.ok for each in checked) else "differs from the truth"))
    if found.program is not None:
        trained = sum(op.word == "train" for op in found.program.operations)
        made = sum(op.word == "realize" for op in found.program.operations)
        told.append(("Program", f"{trained} model{'s' * (trained != 1)} to train" + (
            f", {made} law{'s' * (made != 1)} that no table holds" if made else "")))  # fmt: skip
    if found.fitted is not None:
        told.append(("Fitted to", f"{dict(found.fitted.facts).get('rows', '?')} rows"))
        if color := color_of(found.fitted.diagnostics):
            told.append(("Diagnostics", tag("a", badge(color, color), href="#fit")))
    return told


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _held(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")

"""The panels of a program: its network, an entry for each operation, and the literal program beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idgen_compiler.forms.markup import Markup, details, facts, joined, table, tag
from idgen_compiler.ir.drawing.svg import draw_program
from idgen_compiler.ir.program import Program
from idgen_compiler.report.web.panels.diagnostics import of_data, of_model
from idgen_compiler.report.web.panels.pieces import badge, code, figure, notes, section, wide
from idgen_compiler.report.web.values.programs import Compared, OperationShown, ProgramShown

__all__ = ["comparison", "program"]

_WHAT = {
    "observe": "The rows of the table: samples of the observed law.",
    "train": "A model of this conditional, trained on rows.",
    "bind": "A kernel that somebody brings; nothing is trained for it.",
    "condition": "A conditional of a law, drawn by weighing runs of its network; nothing is trained on rows of it.",
    "realize": "Rows of a law after an intervention, which no table holds: sampled from models, or weighed.",
    "sample": "The sampler: its statements run from top to bottom, and its outputs are the answer.",
}


def program(shown: ProgramShown, diagnostics: Mapping[str, Any]) -> Markup:
    """The network, whose boxes lead to the entries of its operations."""
    places = {op.key: f"operation-{k}" for k, op in enumerate(shown.operations)}
    picture = Markup(draw_program(Program.parse(shown.text), lambda key: f"#{places[key]}"))
    entries = [_entry(op, places, diagnostics) for op in shown.operations]
    return section(
        "program",
        "The program",
        figure(
            picture, "Each box is an operation and leads to its entry below; an arrow says what needs what.", "full"
        ),
        tag("div", *entries, class_="operations"),
        details("The program as text, which is the program", code(shown.text, "the program")),
        lead="What is trained on which rows, and how the models are wired into a sampler.",
    )


def _entry(op: OperationShown, places: Mapping[str, str], diagnostics: Mapping[str, Any]) -> Markup:
    head = joined([badge(op.word, op.word), " ", tag("code", op.key), " ", tag("span", op.law, class_="law")])
    told: list[tuple[object, object]] = [("Law", tag("code", op.law))]
    told += [("Needs", _links(op.needs, places))] if op.needs else []
    told += [("Used by", _links(op.used_by, places))] if op.used_by else []
    told += [(label.capitalize(), value) for label, value in op.fitted]
    return details(
        head,
        tag("p", _WHAT.get(op.word, "")),
        facts(told),
        notes(op.said),
        of_model(diagnostics, op.key),
        of_data(diagnostics, op.key),
        code(op.text, f"the operation {op.key}"),
        code(op.code, f"Python for {op.key}"),
        id=places[op.key],
        class_="operation",
    )


def _links(keys: tuple[str, ...], places: Mapping[str, str]) -> Markup:
    return joined((tag("a", key, href=f"#{places[key]}") for key in keys), ", ")


def comparison(found: Compared) -> Markup:
    """What the compiler saved, count by count, and both texts beside each other."""
    if found.why:
        return section("optimized", "Literal and optimized", tag("p", f"{found.why}."))
    rows = [
        (count.what, f"{count.literal:,}", f"{count.compiled:,}", _change(count.literal, count.compiled))
        for count in found.counts
    ]
    caption = "Counts that stand for training time, compounded error and sampling time"
    shown = table(("", "literal (−O0)", "this program", ""), rows, (1, 2), caption)
    stages = [(stage.name, stage.saved or "the same counts") for stage in found.stages]
    return section(
        "optimized",
        "Literal and optimized",
        wide(shown, caption),
        details("What each rewrite and pass saved", wide(table(("stage", "counts"), stages))) if stages else "",
        details("The literal program", code(found.literal, "the literal program")),
        lead="The literal program trains a model for every conditional of the derivation. Rewrites and passes keep its "
        "answer on every law of the graph, and make it cheaper.",
    )


def _change(before: int, after: int) -> Markup:
    if after < before:
        return badge(f"{before - after} fewer", "green")
    return badge(f"{after - before} more", "yellow") if after > before else Markup("")

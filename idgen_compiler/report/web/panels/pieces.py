"""What panels are made of: sections, figures, code to copy, badges."""

from __future__ import annotations

from collections.abc import Iterable

from idgen_compiler.forms.markup import Markup, details, joined, tag
from idgen_compiler.graph.drawing.svg import draw_admg, told_admg
from idgen_compiler.report.web.values.graphs import Picture

__all__ = ["badge", "code", "drawn", "figure", "notes", "section", "wide"]


def section(key: str, title: str, *inside: object, lead: object = "") -> Markup:
    """A part of the page with its heading, which the contents lead to; nothing where it is empty."""
    said = tag("p", lead, class_="lead") if lead else ""
    head = tag("h2", title, id=f"{key}-title")
    return tag("section", head, said, *inside, id=key, aria_labelledby=f"{key}-title")


def figure(picture: object, caption: object, kind: str = "") -> Markup:
    """A picture with what it shows in words; one that is too wide is scrolled by itself."""
    return tag("figure", wide(picture, str(caption)), tag("figcaption", caption), class_=kind or None)


def wide(inside: object, label: str = "") -> Markup:
    """What is scrolled by itself where the page is narrow, by the keyboard as well."""
    return tag("div", inside, class_="scroll", tabindex=0, role="group", aria_label=label or "scrolls sideways")


def code(text: str, what: str) -> Markup:
    """A text to read and to copy; `what` says what it is."""
    button = tag("button", "Copy", type="button", class_="copy", aria_label=f"Copy {what}")
    pre = tag("pre", tag("code", text), tabindex=0, role="group", aria_label=what)
    return tag("div", pre, button, class_="code")


def badge(text: object, kind: str) -> Markup:
    """A word in a frame; its color says no more than it does."""
    return tag("span", text, class_=f"badge {kind}")


def notes(items: Iterable[object], title: str = "") -> Markup:
    """Sentences to know, in a list; nothing where there are none."""
    found = list(items)
    if not found:
        return Markup("")
    head = tag("p", tag("strong", title)) if title else ""
    return tag("div", head, tag("ul", joined(tag("li", item) for item in found)), class_="notes")


def drawn(picture: Picture, before: Picture | None = None) -> Markup:
    """A graph; what it has lost of the one before is pale."""
    graph = picture.graph
    return Markup(draw_admg(graph, picture.marks, before.graph if before else None, told_admg(graph)))


def edges(picture: Picture) -> Markup:
    """The same in words."""
    return details("The graph in words", tag("p", told_admg(picture.graph)))

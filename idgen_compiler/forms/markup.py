"""HTML in which every text is escaped unless it says that it is HTML already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

__all__ = ["Markup", "bullets", "details", "escaped", "facts", "joined", "table", "tag"]


class Markup(str):
    """A text that is HTML.

    Whoever calls it so has made it of literal HTML and of escaped texts alone: the functions of this module do.
    """

    __slots__ = ()


EMPTY = frozenset({"br", "hr", "img", "input", "meta"})


def escaped(value: object) -> Markup:
    """A value as HTML: markup as it is, any other text escaped.

    >>> escaped("a < b"), escaped(Markup("<b>"))
    ('a &lt; b', '<b>')
    """
    return value if isinstance(value, Markup) else Markup(escape(str(value)))


def joined(parts: Iterable[object], between: str = "") -> Markup:
    """Several values one after the other."""
    return Markup(escaped(between).join(map(escaped, parts)))


def tag(name: str, /, *inside: object, **attributes: object) -> Markup:
    """An element; attributes end in `_` where Python has the word, True stands alone, None and False are left out.

    >>> tag("p", "x < y", class_="said", hidden=True, title=None)
    '<p class="said" hidden>x &lt; y</p>'
    """
    told = ""
    for key, value in attributes.items():
        if value is not None and value is not False:
            written = key.rstrip("_").replace("_", "-")
            told += f" {written}" if value is True else f' {written}="{escape(str(value))}"'
    if name in EMPTY:
        return Markup(f"<{name}{told}>")
    return Markup(f"<{name}{told}>{joined(inside)}</{name}>")


def table(
    header: Sequence[object], rows: Iterable[Sequence[object]], numbers: Collection[int] = (), caption: object = ""
) -> Markup:
    """A table; the first cell of a row is its header, and the columns whose places are in `numbers` stand right."""
    aligned = [("number" if k in numbers else None) for k in range(len(header))]
    head = joined(
        tag("th", cell, scope="col", class_=kind) if cell else tag("td", class_=kind)
        for cell, kind in zip(header, aligned, strict=True)
    )
    body = joined(
        tag("tr", joined(
            tag("th", cell, scope="row") if k == 0 else tag("td", cell, class_=aligned[k]) for k, cell in enumerate(row)
        ))
        for row in rows
    )  # fmt: skip
    said = tag("caption", caption) if caption else ""
    shown = tag("thead", tag("tr", head)) if any(header) else ""
    return tag("table", said, shown, tag("tbody", body))


def facts(pairs: Iterable[tuple[object, object]]) -> Markup:
    """Labels with what there is to say to each."""
    return tag("dl", joined(tag("div", tag("dt", label), tag("dd", value)) for label, value in pairs), class_="facts")


def bullets(items: Iterable[object], kind: str | None = None) -> Markup:
    """A list; nothing where there is nothing to list."""
    found = [tag("li", item) for item in items]
    return tag("ul", joined(found), class_=kind) if found else Markup("")


def details(summary: object, *inside: object, **attributes: object) -> Markup:
    """What opens when somebody asks for it."""
    return tag("details", tag("summary", summary), *inside, **attributes)

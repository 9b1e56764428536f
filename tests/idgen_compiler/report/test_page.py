"""Pages are plain text in a file and colored in a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from idgen_compiler.report.page import THEME, Page


def write(page: Page) -> None:
    page.title("Title", below="below")
    page.heading("Heading")
    page.text("prose " * 40)
    page.code("line 7: P(Y)\n  %m0 = train %obs : Y   # P(Y)")
    page.facts([("a", "one\ntwo"), ("label", "x")])
    page.table(("name", "value"), [("long name", "1"), ("b", "10")], numbers=(1,))


def test_plain() -> None:
    file = io.StringIO()
    write(Page.on(file))
    assert file.getvalue().splitlines() == [
        "Title -- below",
        "",
        "Heading",
        "-------",
        ("prose " * 40).rstrip(),
        "line 7: P(Y)",
        "  %m0 = train %obs : Y   # P(Y)",
        "a      one",
        "       two",
        "label  x",
        "name       value",
        "long name      1",
        "b             10",
    ]


def test_terminal() -> None:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=True, color_system="standard", width=60, theme=THEME, highlight=False, markup=False
    )
    page = Page(console)
    assert page.rich
    write(page)
    text = file.getvalue()
    assert "\x1b[36m%m0" in text  # values are cyan
    assert "\x1b[2m# P(Y)" in text  # comments are dim
    assert "─" in text
    assert "[7]" not in text

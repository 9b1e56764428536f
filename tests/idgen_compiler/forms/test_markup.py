"""HTML in which a text is escaped unless its type says that it is HTML."""

from __future__ import annotations

from idgen_compiler.forms.markup import Markup, bullets, details, escaped, facts, joined, table, tag


def test_texts_are_escaped_wherever_they_come_from() -> None:
    evil = '<b onclick="x">&</b>'
    for made in (
        tag("p", evil, title=evil),
        table([evil], [[evil]], caption=evil),
        facts([(evil, evil)]),
        bullets([evil]),
        details(evil, evil),
        joined([evil], evil),
        escaped(evil),
    ):
        assert isinstance(made, Markup)
        assert "<b" not in made
        assert "&lt;b onclick=" in made


def test_markup_is_kept_and_stays_so() -> None:
    inside = tag("b", "x")
    assert tag("p", inside, " & ", inside) == "<p><b>x</b> &amp; <b>x</b></p>"
    assert not isinstance(inside + "<i>", Markup)


def test_attributes_and_empty_elements() -> None:
    assert tag("img", src="a", alt="", hidden=False) == '<img src="a" alt="">'
    assert tag("p", aria_label="x", class_="y", name="z") == '<p aria-label="x" class="y" name="z"></p>'


def test_tables_say_what_heads_what() -> None:
    made = table(["", "n"], [["a", 1]], numbers=[1])
    assert '<th scope="col" class="number">n</th>' in made
    assert '<th scope="row">a</th><td class="number">1</td>' in made
    assert bullets([]) == ""

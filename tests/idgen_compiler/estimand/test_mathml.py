"""MathML of estimands: well-formed, and the same symbols as the text, in its order."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.estimand.languages.mathml import to_mathml
from idgen_compiler.estimand.notation import to_text

NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"


def symbols(estimand: idgen.Estimand) -> list[str]:
    """The letters and digits of the formula, in order; a fraction's numerator before its denominator."""
    root = ElementTree.fromstring(estimand.mathml())
    words = [e.text or "" for e in root.iter() if e.tag.removeprefix(NAMESPACE) in ("mi", "mn")]
    return re.findall(r"\w", "".join(words))


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.identifiable], ids=lambda e: e.name)
def test_it_holds_what_the_text_holds(entry: object) -> None:
    estimand = idgen.identify(entry.parsed_query(), entry.parsed_graph()).estimand  # type: ignore[attr-defined]
    text = re.sub(r"for any|where", "", str(estimand))
    assert sorted(symbols(estimand)) == sorted(re.sub(r"_|\W", "", text.replace("Σ", "").replace("pi(", "π(")))


def test_primes_indices_and_names_are_set_apart() -> None:
    graph = idgen.ADMG.parse("X1 -> M -> Y; X1 <-> Y")
    text = idgen.identify(idgen.Query.parse("P(Y | do(X1))"), graph).estimand.mathml()
    assert "<msubsup><mi>x</mi><mn>1</mn><mo>′</mo></msubsup>" in text
    graph = idgen.ADMG.parse('"a < b" -> Y')
    text = idgen.identify(idgen.Query.parse('P(Y | do("a < b"))'), graph).estimand.mathml()
    assert "<mi>a &lt; b</mi>" in text


def test_sub_laws_stand_in_lines_of_their_own() -> None:
    graph = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
    kernel = idgen.identify(idgen.Query.parse("P(Y | do(X))"), graph).estimand.kernel
    root = ElementTree.fromstring(to_mathml(kernel, limit=1))
    assert len(list(root.iter(f"{NAMESPACE}mtr"))) == len(to_text(kernel, limit=1).splitlines()) == 2

"""Which strings name a vertex: those that every text form can carry."""

from __future__ import annotations

import json
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.errors import GraphError
from idgen_compiler.forms.spelling import read_spelling, spelled
from idgen_compiler.graph import ADMG
from tests.idgen_compiler.graph.graphs import QUOTED, WORDS


@pytest.mark.parametrize("name", WORDS)
def test_words_of_any_script_stand_as_they_are(name: str) -> None:
    assert ADMG.parse(f"{name} -> Q").order == (name, "Q")
    assert str(ADMG(nodes=[name])) == name


@pytest.mark.parametrize("name", QUOTED)
def test_every_other_name_stands_in_quotes(name: str) -> None:
    graph = ADMG([(name, "Q")])
    plain = normalize("NFC", name)
    assert str(graph) == f"{json.dumps(plain, ensure_ascii=False)} -> Q"
    assert graph.order == (plain, "Q")
    if "`" not in name:
        assert ADMG.parse(f"`{name}` -> Q") == graph


@pytest.mark.parametrize("name", ["X'", "a\n", "", "  ", "a\tb", "\u2028", "\ud800", "\x00"])
def test_names_that_no_text_form_could_carry(name: str) -> None:
    with pytest.raises(GraphError, match=r"cannot name a variable: .*; rename the column"):
        ADMG(nodes=[name])
    with pytest.raises(GraphError, match="cannot name a variable"):
        ADMG.parse(f"{json.dumps(name)} -> Y")


def test_composed_and_decomposed_accents_are_one_name() -> None:
    graph = ADMG.parse("e\u0301 -> X; \u00e9 -> Y")
    assert graph.nodes == {"\u00e9", "X", "Y"}
    assert "e\u0301" in graph
    assert graph.children("e\u0301") == {"X", "Y"}
    assert graph == ADMG([("\u00e9", "X"), ("e\u0301", "Y")]) == ADMG.from_dag([("\u00e9", "X"), ("e\u0301", "Y")])
    assert ADMG.parse("e\u0301 [latent] -> X, Y; \u00e9 -> Z").bidirected == (("X", "Y"), ("X", "Z"), ("Y", "Z"))


@given(st.text(max_size=8))
def test_any_text_is_a_name_or_none(name: str) -> None:
    try:
        graph = ADMG(nodes=[name])
    except GraphError:
        return
    assert ADMG.parse(str(graph)) == graph
    assert read_spelling(spelled(graph.order[0])) == graph.order[0]

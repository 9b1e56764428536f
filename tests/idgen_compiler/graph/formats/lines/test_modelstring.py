"""bnlearn's model strings."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG


def test_a_model_string() -> None:
    assert ADMG.read("[A][S][T|A][L|S][birth weight|T:L]") == ADMG.parse('A -> T; S -> L; T, L -> "birth weight"')


@pytest.mark.parametrize("text", ["[A][B|", "[A][]", "[A][B|C|D]", "[A] -> [B]", "[A][B] -> C"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(GraphError, match=r"model string, column \d+: .* is no vertex such as \[Y\|X:Z\]"):
        ADMG.read(text, "modelstring")


def test_square_brackets_around_a_list() -> None:
    with pytest.raises(GraphError, match=r"square brackets mark a vertex.*a list is written \{X, Y\} -> Z"):
        ADMG.read("[A, B] -> C")

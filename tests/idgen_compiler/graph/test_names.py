"""Which strings name a vertex: those that every text form can carry."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG


@pytest.mark.parametrize("name", ["X", "_", "x.1", "Größe", "変数", "é9", "a_b"])
def test_names_of_any_script_with_digits_dots_and_underscores(name: str) -> None:
    assert ADMG.parse(f"{name} -> Y").order == (name, "Y")


@pytest.mark.parametrize("name", ["1X", ".x", "a b", "a-b", "X'", "a\n", "", "%x", "x;y"])
def test_names_that_no_text_form_could_carry(name: str) -> None:
    with pytest.raises(GraphError, match="cannot name a variable"):
        ADMG(nodes=[name])

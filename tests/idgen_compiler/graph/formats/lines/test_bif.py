"""BIF: the structure of a Bayesian network, whatever stands in its tables."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG

ASIA = """
network unknown { property author x; }
// a comment with a brace {
variable smoke {
  type discrete [ 2 ] { yes, no };
  property note "a brace } in quotes";
}
variable lung { type discrete [ 2 ] { yes, no }; }
variable "birth weight" { }
probability ( smoke ) { table 0.5, 0.5; }
probability ( lung | smoke, "birth weight" ) { (yes, yes) 0.1, 0.9; };
probability ( "birth weight" | smoke ) { default 0.5, 0.5; }
"""


def test_a_network() -> None:
    expected = ADMG.parse('smoke -> lung; "birth weight" -> lung; smoke -> "birth weight"')
    assert ADMG.read(ASIA) == ADMG.read(ASIA, "bif") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("network n { }", "has no variables"),
        ("network n { ", "a brace that does not close"),
        ("network n { } variable", "expected a variable's name before the end"),
        ("network n { } variable X { } probability ( X | ) { }", r"line 1, column 48: expected a variable's name"),
        ("network n { } node X { }", "expected network, variable or probability, not 'node'"),
    ],
)
def test_bif_errors(text: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        ADMG.read(text)

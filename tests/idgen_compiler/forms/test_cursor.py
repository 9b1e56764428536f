"""Errors of a text point at their place, however long its line is."""

from __future__ import annotations

import pytest

import idgen_compiler as idgen
from idgen_compiler.forms.cursor import REACH

PROGRAM = """program "P(Y)" {
  graph "Y"
  %obs = observe [Y]
  %m0 = train %obs : Y
  sample () {
    Y ~ %obs + AMOUNT
  } -> [Y]
}"""


def pointed(text: str) -> tuple[str, list[str]]:
    """The message of what cannot be read, and its lines."""
    with pytest.raises(idgen.ProgramError) as refused:
        idgen.Program.parse(text)
    return str(refused.value), str(refused.value).splitlines()


def test_a_long_line_is_shown_around_the_place() -> None:
    message, lines = pointed(PROGRAM.replace("AMOUNT", "9" * 4000))
    assert "line 6, column 16: 99999" in message
    assert "is beyond all floating-point numbers" in message
    assert len(message) < 4 * REACH
    assert lines[1][lines[2].index("^")] == "9"
    message, lines = pointed(PROGRAM.replace("AMOUNT", f"1 {' ' * 500} ? {'x' * 500}"))
    assert len(message) < 4 * REACH
    assert lines[1][lines[2].index("^")] == "?"


def test_a_short_line_is_shown_whole() -> None:
    _, lines = pointed(PROGRAM.replace("AMOUNT", "?"))
    assert lines[1] == "      Y ~ %obs + ?"
    assert lines[1][lines[2].index("^")] == "?"

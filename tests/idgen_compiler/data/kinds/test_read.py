"""What a person types, as a value of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from idgen_compiler.data.kinds import Categorical, Composite, Continuous, Image, Vector
from idgen_compiler.errors import DataError

REAL = Continuous(0.0, 1.0, -1.0, 1.0)


def test_values_are_read_by_type() -> None:
    assert Categorical(("a", "b c")).read("X", "b c") == "b c"
    assert Categorical((1, 2)).read("X", " 2 ") == 2
    assert Categorical((0.0, 1.0)).read("X", "1") == 1.0
    assert Categorical((False, True)).read("X", "true") is True
    assert REAL.read("X", "-1e-2") == -0.01
    assert Vector((0.0,) * 2, (1.0,) * 2, (0.0,) * 2, (1.0,) * 2).read("X", "0.5, 2") == [0.5, 2.0]
    assert Image(3, 8, 6).read("X", "a.png") == Path("a.png")
    digit = Composite((("digit", Categorical((3, 4))), ("name", Categorical(("a,b", "c"))), ("size", REAL)))
    assert digit.read("X", '3,"a,b",0.5') == (3, "a,b", 0.5)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Categorical(("red",)), "rd"),
        (Categorical(tuple(range(100))), "x"),
        (REAL, "big"),
        (Composite((("a", REAL), ("b", REAL))), "1"),
        (Vector((0.0,), (1.0,), (0.0,), (1.0,)), "1,2"),
    ],
)
def test_a_text_that_is_no_value(kind: Categorical | Continuous | Composite | Vector, text: str) -> None:
    with pytest.raises(DataError, match="X"):
        kind.read("X", text)

"""lavaan's models as graphs."""

from __future__ import annotations

import pytest

from idgen_compiler.errors import GraphError
from idgen_compiler.graph import ADMG


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("y ~ x", "x -> y"),
        ("# a comment\ny ~ x + m ! another\nm ~ a*x\nx ~~ y", "x -> m -> y; x -> y; x <-> y"),
        ("y ~ x +\n m", "x -> y; m -> y"),
        ("y ~ x\n + m", "x -> y; m -> y"),
        ("y1 + y2 ~ x", "x -> y1; x -> y2"),
        ("y ~ 1 + start(0.5)*x + 0*w\ny ~~ s*y\nx ~~ y\ny ~~ x\nab := a*b\na > 0", "x -> y; w; x <-> y"),
        ("f =~ x1 + x2\ny ~ f", "x1 <-> x2; x1 <-> y; x2 <-> y"),
        ('y ~ "birth weight"', '"birth weight" -> y'),
        ("y ~ x; y ~ x", "x -> y"),
    ],
)
def test_models(model: str, expected: str) -> None:
    assert ADMG.read(model) == ADMG.parse(expected)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("y ~ x:z", "line 1: 'x:z' is no variable"),
        ("y ~ I(x^2)", "is no variable"),
        ("y ~ x\nz", "line 2: 'z' is no formula"),
        ("y ~ x\nc <~ a + b", "line 2: a composite"),
        ("y ~ y", "self-loop"),
        ("y ~", "is no variable"),
    ],
)
def test_lavaan_errors(model: str, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        ADMG.read(model, "lavaan")

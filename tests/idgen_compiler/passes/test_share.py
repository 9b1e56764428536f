"""Sharing keeps one value for one meaning, and only for one meaning."""

from __future__ import annotations

import pytest

from idgen_compiler.passes import Share
from idgen_compiler.program import Program
from tests.idgen_compiler.passes.programs import same_answer

GRAPH = "A -> B -> X -> Y; A -> Y"


def _program(*models: str, body: str = "Y ~ %m0(X)\n    Y' ~ %m1(X)") -> Program:
    lines = "\n".join(f"  %m{k} = train {model}" for k, model in enumerate(models))
    return Program.parse(
        f'program "p" {{\n  graph "{GRAPH}"\n  %obs = observe [A, B, X, Y]\n{lines}\n'
        f"  sample (X) {{\n    {body}\n  }} -> [Y]\n}}"
    )


def test_equal_models_are_one() -> None:
    before = _program("%obs : Y | X", "%obs : Y | X")
    after = Share().apply(before)
    assert [op.result for op in after.models] == ["%m0"]
    assert "Y' ~ %m0(X)" in str(after)
    assert same_answer(before, after, GRAPH)


@pytest.mark.parametrize(
    ("models", "body"),
    [
        (("%obs : Y | X", "%obs : Y"), "Y ~ %m0(X)\n    Y' ~ %m1()"),  # other inputs
        (("%obs : Y | X", "%obs : B | X"), "Y ~ %m0(X)\n    B ~ %m1(X)"),  # another target
        (("%obs : X | Y", "%obs : Y | X"), "Y ~ %m1(X)\n    X' ~ %m0(Y)"),  # what is predicted from what
        (("%obs : A, Y | X", "%obs : Y, A | X"), "(A, Y) ~ %m0(X)\n    (Y', A') ~ %m1(X)"),  # targets in their order
    ],
)
def test_what_differs_stays_apart(models: tuple[str, ...], body: str) -> None:
    program = _program(*models, body=body)
    assert Share().apply(program) is program


def test_inputs_are_a_set() -> None:
    """Whoever uses the second model hands its inputs over in the order of the first."""
    before = _program("%obs : Y | A, X", "%obs : Y | X, A", body="A ~ %obs\n    Y' ~ %m0(A, X)\n    Y ~ %m1(X, A)")
    after = Share().apply(before)
    assert len(after.models) == 1
    assert "Y ~ %m0(A, X)" in str(after)
    assert same_answer(before, after, GRAPH)


REGENERATED = """\
program "p" {{
  graph "A -> B -> X -> Y; A -> Y"
  %obs = observe [A, B, X, Y]
  %m0 = train %obs : B
  %m1 = train %obs : Y | B, X
  %law0 = realize P(B, Y ; do(X)) -> [X, Y] {{
    regenerate do(X ~ %obs) {{
      B ~ %m0()
      Y ~ %m1(B, X)
    }}
  }}
  %law1 = realize P(B, Y ; do(X)) -> [X, Y] {{
    regenerate do(X ~ {policy}) {{
      B ~ %m0()
      Y ~ %m1(B, X)
    }}
  }}
  %m2 = train %law0 : Y | X
  %m3 = train %law1 : Y | X
  sample (X) {{
    Y' ~ %m2(X)
    Y ~ %m3(X)
  }} -> [Y]
}}
"""


def test_equal_data_sets_are_one_and_so_are_their_models() -> None:
    before = Program.parse(REGENERATED.format(policy="%obs"))
    after = Share().apply(before)
    assert (len(after.regenerations), len(after.models)) == (1, 3)
    assert same_answer(before, after, GRAPH)


def test_data_sets_under_different_policies_stay_apart() -> None:
    program = Program.parse(REGENERATED.format(policy="uniform"))
    assert Share().apply(program) is program

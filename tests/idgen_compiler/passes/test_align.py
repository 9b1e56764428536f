"""A free value is drawn to agree with what the model sees beside it."""

from __future__ import annotations

from idgen_compiler.ir import Draw
from idgen_compiler.passes import AlignDraws
from idgen_compiler.program import Program
from tests.idgen_compiler.passes.programs import same_answer

NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"

TEXT = """
    program "P(Y | do(X))" {{
      graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
      %obs = observe [W1, W2, X, Y]
      %m0 = train %obs : W1
      %m1 = train %obs : X | W1, W2
      %m2 = train %obs : Y | W1, W2, X
      %law0 = realize P(W1, X, Y ; do(W2)) -> [W2, X, Y] {{
        regenerate do(W2 ~ %obs) {{
          W1 ~ %m0()
          X ~ %m1(W1, W2)
          Y ~ %m2(W1, W2, X)
        }}
      }}
      %m3 = train %law0 : Y | W2, X
      {more}
      sample (X) {{
        W2 ~ %obs
        {body}
      }} -> [{outputs}]
    }}"""


def _draws(program: Program) -> list[str]:
    return [s.slot for s in program.sampler.network.statements if isinstance(s, Draw)]


def test_the_napkin_s_free_variable_follows_the_treatment() -> None:
    before = Program.parse(TEXT.format(more="", body="Y ~ %m3(W2, X)", outputs="Y"))
    after = AlignDraws().apply(before)
    assert _draws(after) == []
    (new,) = (model for model in after.models if model not in before.models)
    assert (new.data, new.targets, new.inputs) == ("%law0", ("W2",), ("X",))
    assert same_answer(before, after, NAPKIN)


def test_a_value_that_two_models_read_stays() -> None:
    """Drawn to agree with one, it might disagree with the other."""
    more, body = "%m4 = train %law0 : W1 | W2", "Y ~ %m3(W2, X)\n W1 ~ %m4(W2)"
    before = Program.parse(
        TEXT.format(more=more.replace("W1 | W2", "X | W2"), body=body.replace("W1", "X'"), outputs="Y")
    )
    assert AlignDraws().apply(before) is before
    assert _draws(before) == ["W2"]


def test_a_value_beside_nothing_stays() -> None:
    before = Program.parse(TEXT.format(more="%m4 = train %law0 : Y | W2", body="Y ~ %m4(W2)", outputs="Y"))
    assert AlignDraws().apply(before) is before


def test_several_free_values_of_one_model_agree_with_each_other() -> None:
    text = """
        program "p" {
          graph "A -> B -> X -> Y; A -> Y"
          %obs = observe [A, B, X, Y]
          %m0 = train %obs : Y | A, B, X
          sample (X) {
            A ~ %obs
            B ~ %obs
            Y ~ %m0(A, B, X)
          } -> [Y]
        }"""
    after = AlignDraws().apply(Program.parse(text)).check()
    inputs = {model.targets: model.inputs for model in after.models}
    assert inputs[("A",)] == ("X",)
    assert set(inputs[("B",)]) == {"A", "X"}


def test_one_value_follows_while_another_stays() -> None:
    """A is read by one model, B by two, and Q stands beside nothing."""
    text = """
        program "p" {
          graph "A -> X; B -> X; X -> Y; A -> Y; B -> Z; Q -> V"
          %obs = observe [A, B, Q, V, X, Y, Z]
          %y = train %obs : Y | A, X, B
          %z = train %obs : Z | X, B
          %v = train %obs : V | Q
          sample (X) {
            A ~ %obs
            B ~ uniform
            Q ~ %obs
            Z ~ %z(X, B)
            Y ~ %y(A, X, B)
            V ~ %v(Q)
          } -> [V, Y, Z]
        }"""
    after = AlignDraws().apply(Program.parse(text)).check()
    assert _draws(after) == ["B", "Q"]
    assert [s.slots for s in after.sampler.network.statements] == [("B",), ("Q",), ("Z",), ("A",), ("Y",), ("V",)]
    (new,) = (model for model in after.models if model.targets == ("A",))
    assert (new.result, new.inputs) == ("%y_A", ("X", "B"))
    assert [op.result for op in after.operations[:5]] == ["%obs", "%y", "%z", "%v", "%y_A"]
    assert AlignDraws().apply(after) is after

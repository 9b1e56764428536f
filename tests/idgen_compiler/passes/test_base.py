"""What passes share: new models under free names, values renamed, and the graphs that rows are Markov to."""

from __future__ import annotations

import idgen_compiler as idgen
from idgen_compiler.ir import Train
from idgen_compiler.ir.analysis import uses
from idgen_compiler.passes import AlignDraws, DropDead, Fuse, Pass, ResampleRows, Share, with_values
from idgen_compiler.passes.base import Models, graphs_of_rows
from idgen_compiler.program import Program
from tests.idgen_compiler.passes.programs import same_answer
from tests.strategies import NAPKIN

PROGRAM = Program.parse("""
    program "p" {
      graph "W1; W2; W1 -> X; W2 -> X; X -> Y"
      %obs = observe [W1, W2, X, Y]
      %a = train %obs : X | W1, W2
      %ab = train %obs : W1
      %law0 = realize P(W1, X ; do(W2)) -> [W2, X] {
        regenerate do(W2 ~ %obs) {
          W1 ~ %ab()
          X ~ %a(W1, W2)
        }
      }
      sample "a" (W2) {
        W1 ~ %ab()
        X ~ %a(W1, W2)
      } -> [X]
      sample "b" (W2) {
        W1 ~ %ab()
        X ~ %a(W1, W2)
      } -> [W1, X]
    }""")


def test_a_new_model_has_a_free_name() -> None:
    models = Models(PROGRAM)
    assert models.get("%a") is PROGRAM.models[0]
    taken = models.add(Train("%ab", "%obs", ("X",), ()))
    law = models.add(Train("%law0", "%obs", ("X",), ("W2",)))
    free = models.add(Train("%c", "%obs", ("X",), ("W1",)))
    assert [model.result for model in (taken, law, free)] == ["%ab_", "%law0_", "%c"]
    assert [models.get(name) for name in ("%ab_", "%law0_", "%c")] == [taken, law, free]
    assert models.add(Train("%ab_", "%obs", ("W2",), ())).result == "%ab__"


def test_one_new_model_for_one_conditional() -> None:
    models = Models(PROGRAM)
    first = models.add(Train("%c", "%obs", ("X",), ("W1",)))
    assert models.add(Train("%d", "%obs", ("X",), ("W1",))) is first
    others = [models.add(Train("%c", *rest)) for rest in (
        ("%law0", ("X",), ("W1",)), ("%obs", ("Y",), ("W1",)), ("%obs", ("X",), ("W2",)),
    )]  # fmt: skip
    assert models.new() == [first, *others]
    assert models.new() == []
    assert models.add(Train("%d", "%obs", ("X",), ("W1",))) is first
    assert models.new() == []


def test_a_pair_that_stands_in_several_networks_is_put_together_once() -> None:
    """Fused in every network, in one model that is trained before the first of them."""
    after = Fuse((("W1", "X"),)).apply(PROGRAM).check()
    assert [model.targets for model in after.models] == [("W1", "X")]
    assert after.operations.index(after.models[0]) < after.operations.index(after.laws[0])
    graph = str(PROGRAM.graph)
    apart = [
        Program("p", p.graph, tuple(op for op in p.operations if op not in p.samplers or op is p.samplers[k]))
        for k in (0, 1)
        for p in (PROGRAM, after)
    ]
    assert same_answer(apart[0], apart[1], graph)
    assert same_answer(apart[2], apart[3], graph)


def test_a_draw_that_stands_in_several_networks_follows_one_model() -> None:
    text = """
    program "p" {
      graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
      %obs = observe [W1, W2, X, Y]
      %y = train %obs : Y | W2, X
      %y_W2 = train %obs : X
      sample "a" (X) {
        W2 ~ %obs
        Y ~ %y(W2, X)
      } -> [Y]
      sample "b" () {
        X ~ %y_W2()
        W2 ~ uniform
        Y ~ %y(W2, X)
      } -> [X, Y]
    }"""
    after = AlignDraws().apply(Program.parse(text)).check()
    assert [model.result for model in after.models] == ["%y", "%y_W2", "%y_W2_"]
    assert str(after).count("W2 ~ %y_W2_(X)") == 2


def test_a_draw_that_is_asked_for_stays() -> None:
    text = """
    program "p" {
      graph "W -> X -> Y; W -> Y"
      %obs = observe [W, X, Y]
      %y = train %obs : Y | W, X
      sample (X) {
        W ~ uniform
        Y ~ %y(W, X)
      } -> [W, Y]
    }"""
    program = Program.parse(text)
    assert AlignDraws().apply(program) is program


FORK = """
    program "p" {{
      graph "F -> A; F -> C; A -> B; B -> C; V"
      %obs = observe [F, A, B, C, V]
      %a = train %obs : A | F
      %b = train %obs : B | A
      %c = train %obs : C | B, F
      %v = train %obs : V
      %law0 = realize P(A, B, C, V ; do(F)) -> [{columns}] {{
        regenerate do({policy}) {{
          V ~ %v()
          A ~ %a(F)
          B ~ %b(A)
          C ~ %c(B, F)
        }}
      }}
      %la = train %law0 : A
      %lb = train %law0 : B | A
      %lc = train %law0 : C | B
      sample () {{
        A ~ %la()
        B ~ %lb(A)
        C ~ %lc(B)
      }} -> [A, B, C]
    }}"""


def test_a_fixed_variable_that_is_drawn_makes_what_depends_on_it_dependent() -> None:
    """F is set, by a draw in every row: A and C are dependent given B alone."""
    program = Program.parse(FORK.format(columns="A, B, C", policy="F ~ %obs"))
    for step in (Fuse((("B", "C"),)), Fuse((("A", "B", "C"),)), ResampleRows(regenerated=True)):
        after = step.apply(program).check()
        assert same_answer(program, after, str(program.graph)), step
    rows = ResampleRows(regenerated=True).apply(program)
    assert "(A, B) ~ rows %law0" in str(rows)


def test_rows_whose_policies_read_other_variables_have_no_graph() -> None:
    program = Program.parse(FORK.format(columns="A, B, C", policy="F ~ %obs"))
    assert graphs_of_rows(program) == {"%obs": program.graph, "%law0": program.law_of("%law0")}
    policy = "V ~ %obs, F ~ %f(V)"
    text = FORK.format(columns="A, B, C", policy=policy).replace("A, B, C, V ; do(F)", "A, B, C ; do(V, F)")
    text = text.replace("%v = train %obs : V", "%f = train %obs : F | V").replace("          V ~ %v()\n", "")
    read = Program.parse(text)
    assert graphs_of_rows(read) == {"%obs": read.graph}
    for step in (Fuse((("A", "B"),)), ResampleRows(regenerated=True)):
        after = step.apply(read).check()
        assert not [op for op in after.models if op.data == "%law0" and len(op.targets) > 1]
        assert "rows %law0" not in str(after)
        assert same_answer(read, after, str(read.graph))


def test_values_are_renamed_where_they_are_used() -> None:
    op = PROGRAM.laws[0]
    assert with_values(op, {}) is op
    renamed = with_values(op, {"%obs": "%data", "%a": "%x", "%law0": "%other"})
    assert renamed.result == "%law0"
    assert uses(renamed) == {"%data", "%x", "%ab"}


def test_a_pass_has_a_name_and_is_its_own_variant() -> None:
    step: Pass = Share()
    assert step.name == "Share"
    assert list(step.variants(PROGRAM)) == [step]
    assert list(ResampleRows().variants(PROGRAM)) == [ResampleRows(), ResampleRows(regenerated=True)]
    assert list(Fuse().variants(PROGRAM)) == [Fuse((("W1", "W2"), ("W2", "X"), ("X", "Y")))]


def test_what_weights_are_asked_for_stays() -> None:
    """A model of weights may be trained on other rows than those that it weighs."""
    text = """
    program "p" {
      graph "V -> W -> X -> Y; V -> X; F -> V"
      %obs = observe [F, V, W, X, Y]
      %v = train %obs : V | F
      %w = train %obs : W | V
      %x = train %obs : X | V, W
      %y = train %obs : Y | X
      %law0 = realize P(V, W, X, Y ; do(F)) -> [V, W, X, Y] {
        regenerate do(F ~ %obs) {
          V ~ %v(F)
          W ~ %w(V)
          X ~ %x(V, W)
          Y ~ %y(X)
        }
      }
      %law1 = realize P(X, Y ; do(F, W)) -> [X, Y] {
        reweight %law0 do(W ~ uniform) by %w
      }
      %z = train %law1 : Y | X
      sample (X) {
        Y ~ %z(X)
      } -> [Y]
    }"""
    program = Program.parse(text)
    assert DropDead().apply(program) is program


def test_a_variable_that_is_set_stays_observed() -> None:
    """Its labels are known from the data."""
    text = """
    program "p" {
      graph "W -> X -> Y; W -> Y"
      %obs = observe [W, X, Y]
      sample () {
        X ~ 1
        Y ~ 0
      } -> [Y]
    }"""
    after = DropDead().apply(Program.parse(text)).check()
    assert after.observe.variables == ("Y",)
    assert same_answer(Program.parse(text), after, "W -> X -> Y; W -> Y")


def test_a_policy_follows_the_model_that_stands_for_its_own() -> None:
    text = """
    program "p" {
      graph "A -> W; B -> W; W -> Y; A -> Y"
      %obs = observe [A, B, W, Y]
      %y = train %obs : Y | A, W
      %p = train %obs : W | A, B
      %q = train %obs : W | B, A
      %law0 = realize P(Y ; do(A, B, W)) -> [A, Y] {
        regenerate do(A ~ %obs, B ~ %obs, W ~ %q(B, A)) {
          Y ~ %y(A, W)
        }
      }
      %law1 = realize P(Y ; do(A, B, W)) -> [A, Y] {
        reweight %obs do(W ~ %q(B, A)) by %q
        or regenerate do(A ~ %obs, B ~ uniform, W ~ %q(B, A)) {
          Y ~ %y(A, W)
        }
      }
      %y0 = train %law0 : Y | A
      %y1 = train %law1 : Y | A
      sample (A) {
        Y' ~ %y1(A)
        Y ~ %y0(A)
      } -> [Y]
    }"""
    program = Program.parse(text)
    after = Share().apply(program).check()
    assert str(after).count("W ~ %p(A, B)") == 3
    assert "by %p" in str(after)
    for way in ("regenerate", "reweight", "weigh"):
        assert same_answer(program.realized(way), after.realized(way), "A -> W; B -> W; W -> Y; A -> Y")


def test_the_napkin_is_aligned_and_fused_at_once() -> None:
    program = idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, optimize=2, joint=[("X", "Y")])
    assert same_answer(program, idgen.compile(idgen.Query.parse("P(Y | do(X))"), NAPKIN, optimize=0), str(NAPKIN))


def test_a_policy_that_a_draw_reads_stays() -> None:
    """V is read by nothing but the policy of W."""
    text = """
    program "p" {
      graph "V; F -> W; W -> Y"
      %obs = observe [V, F, W, Y]
      %w = train %obs : W | V
      %y = train %obs : Y | W
      %law0 = realize P(Y ; do(F, V, W)) -> [W, Y] {
        regenerate do(F ~ uniform, V ~ %obs, W ~ %w(V)) {
          Y ~ %y(W)
        }
      }
      %z = train %law0 : Y | W
      sample (W) {
        Y ~ %z(W)
      } -> [Y]
    }"""
    program = Program.parse(text)
    after = DropDead().apply(program).check()
    way = after.laws[0].regenerate
    assert way is not None
    assert [draw.slot for draw in way.do] == ["V", "W"]
    assert same_answer(program, after, str(program.graph))

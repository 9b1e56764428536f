"""Dropping leaves what a sampler needs, and nothing else."""

from __future__ import annotations

from idgen_compiler.ir import Rows
from idgen_compiler.passes import DropDead
from idgen_compiler.program import Program
from tests.idgen_compiler.passes.programs import same_answer

BEFORE = """
    program "p" {
      graph "A -> B -> C; D; A -> Y; X -> Y; A -> X"
      %obs = observe [A, B, C, D, X, Y]
      %dead = train %obs : A
      %m0 = train %obs : A
      %m1 = train %obs : B | A
      %m2 = train %obs : C | B
      %m3 = train %obs : Y | A, X
      %law0 = realize P(A, C, Y ; do(X, B)) -> [X, B, A, C, Y] {
        regenerate do(X ~ %obs, B ~ %obs) {
          A ~ %m0()
          C ~ %m2(B)
          Y ~ %m3(A, X)
        }
      }
      %m4 = train %law0 : Y | X
      %law1 = realize P(A ; do(X)) -> [A] {
        regenerate do(X ~ uniform) {
          A ~ %m0()
        }
      }
      sample (X) {
        A ~ %m0()
        B ~ %m1(A)
        Y ~ %m4(X)
      } -> [Y]
    }"""

AFTER = """
    program "p" {
      graph "A -> B -> C; D; A -> Y; X -> Y; A -> X"
      %obs = observe [A, X, Y]
      %m0 = train %obs : A
      %m3 = train %obs : Y | A, X
      %law0 = realize P(A, C, Y ; do(X, B)) -> [X, Y] {
        regenerate do(X ~ %obs) {
          A ~ %m0()
          Y ~ %m3(A, X)
        }
      }
      %m4 = train %law0 : Y | X
      sample (X) {
        Y ~ %m4(X)
      } -> [Y]
    }"""


def test_statements_columns_models_and_data_sets() -> None:
    before = Program.parse(BEFORE)
    after = DropDead().apply(before)
    assert after == Program.parse(AFTER)
    assert same_answer(before, after, "A -> B -> C; D; A -> Y; X -> Y; A -> X")
    assert DropDead().apply(after) is after


def test_rows_keep_the_slots_that_are_read() -> None:
    before = Program.parse(
        """
        program "p" {
          graph "A -> B -> X -> Y; A -> Y"
          %obs = observe [A, B, X, Y]
          %m0 = train %obs : Y | A, X
          sample (X) {
            (A, B) ~ rows %obs
            Y ~ %m0(A, X)
          } -> [Y]
        }"""
    )
    after = DropDead().apply(before)
    assert [s for s in after.sampler.network.statements if isinstance(s, Rows)] == [Rows(("A",), "%obs")]
    assert after.observe.variables == ("A", "X", "Y")


def test_what_a_reweighting_needs_stays() -> None:
    """Its columns, its propensity with what that conditions on, and the policy's column."""
    text = """
        program "p" {
          graph "W1 -> W2 -> X -> Y; X <-> W1 <-> Y; X -> Z -> Y"
          %obs = observe [W1, W2, X, Y, Z]
          %p0 = train %obs : W2 | W1
          %law0 = realize P(X, Y, Z ; do(W2)) -> [X, Y, Z] {
            reweight %obs do(W2 ~ %obs) by %p0
          }
          %m0 = train %law0 : Y | X
          sample (X) {
            Y ~ %m0(X)
          } -> [Y]
        }"""
    after = DropDead().apply(Program.parse(text))
    assert after == Program.parse(text.replace(", Z]", "]"))


def test_the_caller_s_inputs_are_observed() -> None:
    """A value of X is checked against the data even where nothing depends on it."""
    text = """
        program "p" {
          graph "X -> Y"
          %obs = observe [X, Y]
          %m0 = train %obs : Y
          sample (X) {
            Y ~ %m0()
          } -> [Y]
        }"""
    assert DropDead().apply(Program.parse(text)).observe.variables == ("X", "Y")


def test_the_values_of_a_uniform_policy_are_observed() -> None:
    text = """
        program "p" {
          graph "W -> X -> Y; W -> Y"
          %obs = observe [W, X, Y]
          %m0 = train %obs : Y | X
          sample (X) {
            W ~ uniform
            Y ~ %m0(X)
          } -> [W, Y]
        }"""
    assert DropDead().apply(Program.parse(text)).observe.variables == ("W", "X", "Y")
